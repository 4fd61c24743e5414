import { compilePointer } from '../documents/json-pointer.ts';
import type { FittedInput } from './fit.ts';
import type { Filled } from './bar-inputs.ts';
import type { Filling } from './session.ts';

/** What a model makes of the body of one record. */
export class RecordInputs {
  readonly #reads: readonly ((body: unknown) => Filling | { readonly why: string })[];

  constructor(inputs: readonly FittedInput[]) {
    this.#reads = inputs.map(readerOf);
  }

  fill(body: unknown): Filled {
    const fillings: Filling[] = [];
    for (const read of this.#reads) {
      const filling = read(body);
      if (typeof filling === 'object' && 'why' in filling) return filling;
      fillings.push(filling);
    }
    return { fillings, outside: [], ranged: 0 };
  }
}

function readerOf({ input, type, size }: FittedInput): (body: unknown) => Filling | { readonly why: string } {
  if ('text' in input) {
    const find = compilePointer(input.text);
    return (body) => {
      const value = find(body);
      return typeof value === 'string' && value !== '' ? value : { why: `the record has no text at "${input.text}"` };
    };
  }
  if (!('record' in input)) return () => ({ why: 'it is asked on bars' });
  const finds = input.record.map((pointer) => [pointer, compilePointer(pointer)] as const);
  return (body) => {
    const out = type === 'float64' ? new Float64Array(size) : new Float32Array(size);
    for (const [i, [pointer, find]] of finds.entries()) {
      const value = numberOf(find(body)) ?? input.default;
      if (value === undefined) return { why: `the record has no number at "${pointer}"` };
      out[i] = value;
    }
    return out;
  };
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
