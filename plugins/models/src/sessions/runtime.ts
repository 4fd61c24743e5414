import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { z } from '@tickhub/plugin-sdk';
import { ModelError } from '../errors.ts';

/** `native` is onnxruntime-node; `wasm` is onnxruntime-web, about ten times slower, for machines that have no native binary (Intel Macs). */
export const RuntimeChoice = z.enum(['auto', 'native', 'wasm']);
export type RuntimeChoice = z.infer<typeof RuntimeChoice>;

/** ONNX Runtime, whichever it is. */
export interface Runtime {
  readonly name: 'native' | 'wasm';
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
}

/**
 * Loads ONNX Runtime.
 * @param onFallback told why the native one could not be loaded, where `auto` goes on with the other.
 * @throws {ModelError} NO_RUNTIME
 */
export async function loadRuntime(choice: RuntimeChoice, onFallback: (why: string) => void): Promise<Runtime> {
  if (choice !== 'wasm') {
    try {
      const { InferenceSession, Tensor } = await import('onnxruntime-node');
      return { name: 'native', InferenceSession, Tensor };
    } catch (error) {
      const why = (error as Error).message;
      if (choice === 'native')
        throw new ModelError('NO_RUNTIME', `onnxruntime-node cannot be loaded: ${why}. Set plugins.models.runtime to "auto"`, {
          cause: error,
        });
      onFallback(why);
    }
  }
  try {
    const { env, InferenceSession, Tensor } = await import('onnxruntime-web/wasm');
    // One thread: workers would cost more than these models.
    env.wasm.numThreads = 1;
    env.logLevel = 'error';
    return { name: 'wasm', InferenceSession, Tensor };
  } catch (error) {
    throw new ModelError('NO_RUNTIME', `onnxruntime-web cannot be loaded: ${(error as Error).message}. Run npm ci again`, { cause: error });
  }
}
