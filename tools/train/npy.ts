import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type NpyArray = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

const DESCRIPTIONS: readonly (readonly [new (length: number) => NpyArray, string])[] = [
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int32Array, '<i4'],
  [Int8Array, '|i1'],
  [Uint8Array, '|u1'],
];

/**
 * An array as numpy loads it (`numpy.load`). Format: NEP 1, version 1.0; row-major.
 * @param shape its product is the array's length; [length] when it is not given.
 */
export function encodeNpy(values: NpyArray, shape: readonly number[] = [values.length]): Buffer {
  if (shape.reduce((product, size) => product * size, 1) !== values.length) {
    throw new Error(`an array of ${values.length} values has not the shape [${shape.join(', ')}]`);
  }
  const description = DESCRIPTIONS.find(([type]) => values instanceof type)?.[1] ?? '';
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // 10 bytes before the text, a newline after it, and 64 divides the whole.
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00..', 'latin1');
  start.writeUInt16LE(header.length, 8);
  const body = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), body]);
}

/** Writes it as `<dir>/<name>.npy`; the folder is made when it is not there. */
export function writeNpy(dir: string, name: string, values: NpyArray, shape?: readonly number[]): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, `${name}.npy`), encodeNpy(values, shape));
}
