/** Inputs, outputs and constants of an ONNX graph (`ValueInfoProto`, `TensorProto`), without the data of the constants. */
import { fieldsOf, integersOf, toBytes, toInteger, toText } from './wire.ts';

/** `TensorProto.DataType` by number. */
const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
] as const;

/** Bytes of one element, where they are whole and known. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  complex64: 8,
  complex128: 16,
  bfloat16: 2,
};

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  /** `float32`, `int64`, `string`, ..., or `sequence`, `map`, `optional`, `sparse tensor` for what is no tensor. */
  readonly type: string;
  /** A number, or a name (possibly empty) for a size that is not fixed; null where nothing is said. */
  readonly shape: readonly (number | string)[] | null;
}

/** A tensor of constants. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  /** Where its data is, if it is in another file. */
  readonly external: string | null;
  /** Bytes of its data, where it is raw; null where it is written number by number. */
  readonly rawBytes: number | null;
}

/** Bytes that the elements of a tensor need; null where the type has no whole bytes (strings, 4-bit numbers). */
export function bytesOf({ type, shape }: Pick<OnnxTensor, 'type' | 'shape'>): number | null {
  const each = ELEMENT_BYTES[type];
  return each === undefined ? null : shape.reduce((product, size) => product * size, each);
}

/** The values and indices of a `SparseTensorProto`. */
export function readSparse(bytes: Uint8Array): OnnxTensor[] {
  const tensors: OnnxTensor[] = [];
  for (const [field, value] of fieldsOf(bytes)) if (field === 1 || field === 2) tensors.push(readTensor(toBytes(value)));
  return tensors;
}

/** A `TensorProto`, without its data. */
export function readTensor(bytes: Uint8Array): OnnxTensor {
  const shape: number[] = [];
  let name = '';
  let type = 0;
  let rawBytes: number | null = null;
  let isExternal = false;
  let location = '';
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) shape.push(...integersOf(value));
    else if (field === 2) type = toInteger(value);
    else if (field === 8) name = toText(value);
    else if (field === 9) rawBytes = toBytes(value).length;
    else if (field === 13) {
      isExternal = true;
      location = readLocation(toBytes(value)) ?? location;
    } else if (field === 14) isExternal ||= toInteger(value) === 1;
  }
  return { name, type: elementType(type), shape, rawBytes, external: isExternal ? location : null };
}

function readLocation(bytes: Uint8Array): string | null {
  const [key, value] = readEntry(bytes);
  return key === 'location' ? value : null;
}

/** A `StringStringEntryProto`. */
function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  for (const [field, value] of fieldsOf(bytes)) if (field === 1 || field === 2) entry[field - 1] = toText(value);
  return entry;
}

/** A `ValueInfoProto`. */
export function readValue(bytes: Uint8Array): OnnxValue {
  let name = '';
  let typed: Pick<OnnxValue, 'type' | 'shape'> = { type: 'undefined', shape: null };
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) name = toText(value);
    else if (field === 2) typed = readType(toBytes(value));
  }
  return { name, ...typed };
}

const OTHER_TYPES: Readonly<Record<number, string>> = { 4: 'sequence', 5: 'map', 8: 'sparse tensor', 9: 'optional' };

function readType(bytes: Uint8Array): Pick<OnnxValue, 'type' | 'shape'> {
  for (const [field, value] of fieldsOf(bytes)) {
    const other = OTHER_TYPES[field];
    if (other !== undefined) return { type: other, shape: null };
    if (field !== 1) continue;
    let type = 0;
    let shape: (number | string)[] | null = null;
    for (const [inner, part] of fieldsOf(toBytes(value))) {
      if (inner === 1) type = toInteger(part);
      else if (inner === 2) shape = readShape(toBytes(part));
    }
    return { type: elementType(type), shape };
  }
  return { type: 'undefined', shape: null };
}

function readShape(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  for (const [field, value] of fieldsOf(bytes)) {
    if (field !== 1) continue;
    let size: number | string = '';
    for (const [inner, part] of fieldsOf(toBytes(value))) {
      if (inner === 1) size = toInteger(part);
      else if (inner === 2) size = toText(part);
    }
    shape.push(size);
  }
  return shape;
}

function elementType(number: number): string {
  return ELEMENT_TYPES[number] ?? `type ${number}`;
}
