/** One field of a protobuf message: a number, or bytes that are text, a message or packed numbers. */
export type WireValue = bigint | Uint8Array;

/** What is no protobuf, with the byte where it ceases to be. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Reads the fields of a protobuf message in their order (https://protobuf.dev/programming-guides/encoding). Fixed 32- and 64-bit values come as their bytes.
 * @throws {WireError} where the bytes end within a field, or are none.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<readonly [field: number, value: WireValue]> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new WireError(`ends within a number, at byte ${at - 1}`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError(`has a number of more than 10 bytes, at byte ${at}`);
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new WireError(`ends within a field of ${length} bytes, at byte ${at}; it has ${bytes.length}`);
    const taken = bytes.subarray(at, at + length);
    at += length;
    return taken;
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const field = Number(tag >> 3n);
    if (field === 0 || tag > 0xffff_ffffn) throw new WireError(`has no field at byte ${start}`);
    switch (Number(tag & 7n)) {
      case 0:
        yield [field, varint()];
        break;
      case 1:
        yield [field, take(8)];
        break;
      case 2: {
        const length = varint();
        yield [field, take(length > 0x7fff_ffffn ? Number.MAX_SAFE_INTEGER : Number(length))];
        break;
      }
      case 5:
        yield [field, take(4)];
        break;
      default:
        // Groups (3 and 4) were given up before ONNX began.
        throw new WireError(`has a field of an unknown form at byte ${start}`);
    }
  }
}

/** Signed whole numbers of a repeated field, packed or not. @throws {WireError} */
export function integersOf(value: WireValue): number[] {
  if (typeof value === 'bigint') return [toInteger(value)];
  // A packed list is what a message would be without its tags.
  const out: number[] = [];
  let current = 0n;
  let shift = 0n;
  for (const byte of value) {
    current |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) {
      if (shift > 63n) throw new WireError('has a number of more than 10 bytes in a list');
      continue;
    }
    out.push(toInteger(current));
    current = 0n;
    shift = 0n;
  }
  if (shift > 0n) throw new WireError('ends within a list of numbers');
  return out;
}

/** A signed 64-bit number; beyond 2^53 it is rounded. */
export function toInteger(value: WireValue): number {
  if (typeof value !== 'bigint') throw new WireError('has bytes where a number belongs');
  return Number(BigInt.asIntN(64, value));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function toText(value: WireValue): string {
  try {
    return utf8.decode(toBytes(value));
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError('has bytes that are no UTF-8 where text belongs', { cause: error });
  }
}

export function toBytes(value: WireValue): Uint8Array {
  if (typeof value === 'bigint') throw new WireError('has a number where bytes belong');
  return value;
}
