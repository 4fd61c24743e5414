import { expect, it } from 'vitest';
import { requirePython } from './python.ts';

it('says which Python is missing, and how it is installed', () => {
  expect(() => requirePython('/nowhere/python3', ['torch', 'onnx'])).toThrow(
    /\/nowhere\/python3 does not run .*sudo apt-get install python3-torch python3-onnx; --python PATH/,
  );
});
