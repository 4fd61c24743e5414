import { expect, it } from 'vitest';
import { encodeNpy } from './npy.ts';

it('writes what numpy.save writes', () => {
  // numpy.save of numpy.arange(6, dtype='<f4').reshape(2, 3), numpy 1.24.
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const bytes = encodeNpy(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3]);
  expect(bytes.subarray(0, 10).toString('hex')).toBe('934e554d505901007600');
  expect(bytes.subarray(10, 128).toString('latin1')).toBe(`${header.padEnd(117)}\n`);
  expect(bytes.subarray(128).toString('hex')).toBe('000000000000803f0000004000004040000080400000a040');
});

it('refuses a shape that the values have not', () => {
  expect(() => encodeNpy(Float64Array.of(1, 2, 3), [2, 2])).toThrow('an array of 3 values has not the shape [2, 2]');
});
