import { z } from '@tickhub/plugin-sdk';
import { RuntimeChoice } from './sessions/runtime.ts';

export const Config = z.strictObject({
  runtime: RuntimeChoice.default('auto').describe(
    'What runs the models: `native` (onnxruntime-node), `wasm` (onnxruntime-web, about ten times slower), or `auto`: the native one where the machine has it.',
  ),
});
export type Config = z.infer<typeof Config>;
