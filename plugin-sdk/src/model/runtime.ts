import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { ModelFault } from './errors.ts';

/** ONNX Runtime as WebAssembly, with a heap of its own. */
export interface OnnxRuntime {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  /** What its heap takes now, bytes; it never shrinks. 0 before the first session. */
  heapBytes(): number;
  /** Does `work`, which may make the heap: the first session does. One after the other. */
  withHeap<T>(work: () => Promise<T>): Promise<T>;
}

/** What of WebAssembly is used; the types of Node have none of it. */
interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}
interface WasmMemoryDescriptor {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}
const wasm = Reflect.get(globalThis, 'WebAssembly') as { Memory: new (descriptor: WasmMemoryDescriptor) => WasmMemory };

const PAGE_BYTES = 65_536;
const WASM = 'ort-wasm-simd-threaded.wasm';

let loaded: Promise<OnnxRuntime> | null = null;

/**
 * Loads ONNX Runtime from the SDK's own files. There is one to a process, so the first caller's cap holds.
 * @param mostBytes of the heap; what would need more fails with MODEL_MEMORY.
 * @throws {ModelFault} NO_RUNTIME
 */
export function loadRuntime(mostBytes: number): Promise<OnnxRuntime> {
  loaded ??= load(mostBytes).catch((error: unknown) => {
    loaded = null;
    throw new ModelFault('NO_RUNTIME', `ONNX Runtime cannot be loaded: ${(error as Error).message}. Install Tickhub again`, {
      cause: error,
    });
  });
  return loaded;
}

async function load(mostBytes: number): Promise<OnnxRuntime> {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web/wasm');
  // One thread: an isolate may have no workers, and they would cost more than such models take.
  env.wasm.numThreads = 1;
  env.logLevel = 'fatal';
  env.wasm.wasmBinary = new Uint8Array(await readFile(wasmFile())).buffer;
  const heaps: WasmMemory[] = [];
  let first: Promise<unknown> = Promise.resolve();
  return {
    InferenceSession,
    Tensor,
    heapBytes: () => heaps.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    withHeap(work) {
      const begun = first.then(() => (heaps.length > 0 ? work() : withCap(mostBytes, heaps, work)));
      first = begun.catch(() => undefined);
      return begun.finally(() => {
        // The heap is there, so the program is: its 14 MB are needed no more.
        if (heaps.length > 0) delete env.wasm.wasmBinary;
      });
    },
  };
}

/** ONNX Runtime asks for up to 4 GiB and has no setting for it. The heap cap of Node does not count what WebAssembly takes. */
async function withCap<T>(mostBytes: number, heaps: WasmMemory[], work: () => Promise<T>): Promise<T> {
  const { Memory } = wasm;
  wasm.Memory = class extends Memory {
    constructor(descriptor: WasmMemoryDescriptor) {
      const { initial, maximum = Infinity } = descriptor;
      super({ ...descriptor, maximum: Math.min(maximum, Math.max(initial, Math.floor(mostBytes / PAGE_BYTES))) });
      // One of no pages is made to see whether there is shared memory.
      if (initial > 0) heaps.push(this);
    }
  };
  try {
    return await work();
  } finally {
    wasm.Memory = Memory;
  }
}

/** Beside the bundle where the SDK is built; in its package where it runs from its sources. */
function wasmFile(): string | URL {
  if (!import.meta.url.endsWith('.ts')) return new URL(`./${WASM}`, import.meta.url);
  return createRequire(import.meta.url).resolve(`onnxruntime-web/${WASM}`);
}
