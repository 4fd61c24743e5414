import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOnnx } from './onnx-model.ts';
import { fieldsOf, integersOf, WireError } from './wire.ts';

const MODELS = fileURLToPath(new URL('../../../test/fixtures/own-models/', import.meta.url));
const read = (name: string): Uint8Array => readFileSync(`${MODELS}${name}.onnx`);

describe('reading an ONNX file', () => {
  it('finds what PyTorch wrote', () => {
    const model = readOnnx(read('good/two-heads'));
    expect(model).toMatchObject({
      producer: expect.stringMatching(/^pytorch 1\.13/) as string,
      inputs: [{ name: 'features', type: 'float32', shape: ['batch', 4] }],
      outputs: [
        { name: 'state', type: 'float32', shape: ['batch', 3] },
        { name: 'quantiles', type: 'float32' },
      ],
    });
    expect(model.opsets.get('')).toBe(15);
    expect(model.tensors.filter(({ shape }) => shape.join() === '16,4')).toMatchObject([
      { type: 'float32', rawBytes: 256, external: null },
    ]);
    expect(new Set(model.nodes.map(({ op }) => op))).toContain('Gemm');
  });

  it('finds the domains, the operators of subgraphs, and what lies in other files', () => {
    const forest = readOnnx(read('good/forest'));
    expect([...forest.opsets]).toEqual([
      ['', 15],
      ['ai.onnx.ml', 1],
    ]);
    expect(forest.nodes).toEqual([{ name: '', op: 'TreeEnsembleClassifier', domain: 'ai.onnx.ml' }]);
    expect(readOnnx(read('bad/slow')).nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(['Loop', 'Mul', 'Identity']));
    expect(readOnnx(read('bad/external-data')).tensors).toMatchObject([{ name: 'w', external: '../../secret.bin' }]);
    expect(readOnnx(read('bad/zipmap')).outputs).toEqual([{ name: 'y', type: 'sequence', shape: null }]);
  });

  it('reads a file that is cut off anywhere, or damaged, as a model or as a WireError', () => {
    const files = readdirSync(`${MODELS}good`).map((name) => readFileSync(`${MODELS}good/${name}`));
    const damaged = fc.tuple(
      fc.constantFrom(...files),
      fc.nat(),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(damaged, ([file, cut, changes]) => {
        const bytes = Uint8Array.from(file.subarray(0, cut % (file.length + 1)));
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          readOnnx(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives up on graphs within graphs without end', () => {
    const nested = (depth: number): number[] => {
      if (depth === 0) return [];
      const wrap = (field: number, body: number[]): number[] => [(field << 3) | 2, ...varint(body.length), ...body];
      // A node (1) with an attribute (5) with a graph (6).
      return wrap(1, wrap(5, wrap(6, nested(depth - 1))));
    };
    const bytes = nested(200);
    expect(() => readOnnx(Uint8Array.from([(7 << 3) | 2, ...varint(bytes.length), ...bytes]))).toThrow(/more than 32 deep/);
  });
});

describe('the wire format', () => {
  it('gives back the numbers and bytes that were written', () => {
    const field = fc.tuple(
      fc.integer({ min: 1, max: 1_000 }),
      fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 200 })),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const bytes = fields.flatMap(([number, value]) =>
          typeof value === 'bigint'
            ? [...varint(number << 3), ...varint(value)]
            : [...varint((number << 3) | 2), ...varint(value.length), ...value],
        );
        const found = [...fieldsOf(Uint8Array.from(bytes))].map(([number, value]) => [
          number,
          typeof value === 'bigint' ? value : Array.from(value),
        ]);
        expect(found).toEqual(fields.map(([number, value]) => [number, typeof value === 'bigint' ? value : Array.from(value)]));
      }),
    );
  });

  it('reads packed lists of signed numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), (numbers) => {
        const packed = Uint8Array.from(numbers.flatMap((number) => varint(BigInt.asUintN(64, BigInt(number)))));
        expect(integersOf(packed)).toEqual(numbers.map((number) => number + 0));
      }),
    );
  });
});

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return bytes;
}
