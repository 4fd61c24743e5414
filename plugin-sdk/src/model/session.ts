import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { ModelFault } from './errors.ts';
import type { FittedInput } from './fit.ts';
import { mib } from './inspect.ts';
import type { OnnxRuntime } from './runtime.ts';

/** What one input is filled with: numbers in the order of its dims, or the one text. */
export type Filling = Float32Array | Float64Array | string;
/** By output, the numbers of its tensor. */
export type Outputs = ReadonlyMap<string, ArrayLike<number>>;

/** A loaded model. */
export class OnnxSession {
  readonly #file: string;
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #inputs: readonly FittedInput[];
  readonly #outputs: readonly string[];

  private constructor(
    file: string,
    runtime: OnnxRuntime,
    session: InferenceSession,
    inputs: readonly FittedInput[],
    outputs: readonly string[],
  ) {
    this.#file = file;
    this.#runtime = runtime;
    this.#session = session;
    this.#inputs = inputs;
    this.#outputs = outputs;
  }

  /**
   * @param outputs names of those that are wanted; no others are fetched.
   * @throws {ModelFault} MODEL_REFUSED, MODEL_OPERATOR, MODEL_MEMORY
   */
  static async open(
    file: string,
    bytes: Uint8Array,
    runtime: OnnxRuntime,
    inputs: readonly FittedInput[],
    outputs: readonly string[],
  ): Promise<OnnxSession> {
    try {
      const session = await runtime.withHeap(() =>
        runtime.InferenceSession.create(bytes, {
          executionProviders: ['wasm'],
          logSeverityLevel: 4,
          executionMode: 'sequential',
          graphOptimizationLevel: 'all',
        }),
      );
      return new OnnxSession(file, runtime, session, inputs, outputs);
    } catch (error) {
      throw translated(error, file, 'refuses it', runtime);
    }
  }

  /** @param fillings in the order of the inputs. @throws {ModelFault} MODEL_REFUSED, MODEL_MEMORY */
  async run(fillings: readonly Filling[]): Promise<Outputs> {
    const feeds: Record<string, Tensor> = {};
    this.#inputs.forEach(({ name, dims }, i) => {
      feeds[name] = this.#tensor(fillings[i] ?? '', dims);
    });
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.#session.run(feeds, [...this.#outputs], { logSeverityLevel: 4 });
    } catch (error) {
      throw translated(error, this.#file, 'cannot run it', this.#runtime);
    }
    const outputs = new Map<string, ArrayLike<number>>();
    for (const name of this.#outputs) {
      const data: unknown = results[name]?.data;
      outputs.set(name, data instanceof BigInt64Array ? Float64Array.from(data, Number) : (data as ArrayLike<number>));
    }
    return outputs;
  }

  #tensor(filling: Filling, dims: readonly number[]): Tensor {
    const { Tensor } = this.#runtime;
    if (typeof filling === 'string') return new Tensor('string', [filling], dims);
    return filling instanceof Float32Array ? new Tensor('float32', filling, dims) : new Tensor('float64', filling, dims);
  }
}

/** Where in its own sources ONNX Runtime found it, which is nothing to whoever made the model. */
const SOURCE_PLACE = /^\S*onnxruntime\S*\.(cc|h):\d+ .*?\) (?=[A-Z[])/;

function translated(error: unknown, file: string, what: string, runtime: OnnxRuntime): ModelFault {
  const said = error instanceof Error ? error.message : String(error);
  const why = said
    .replace(/^.*?ERROR_MESSAGE: /s, '')
    .replace(SOURCE_PLACE, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600);
  if (/bad_alloc|out of memory|OOM|Cannot enlarge memory|could not allocate/i.test(said)) {
    return new ModelFault(
      'MODEL_MEMORY',
      `${file} wants more memory than limits.memoryMb allows (it had ${mib(runtime.heapBytes())} MiB when it asked for more). Make it smaller, or raise limits.memoryMb in plugin.json`,
      { cause: error },
    );
  }
  const [, op] =
    /(?:Op registered for|implementation for) ([\w.:]+)/.exec(said) ?? /([\w.:]+)\(-?\d+\) is not a registered/.exec(said) ?? [];
  if (op !== undefined) {
    return new ModelFault(
      'MODEL_OPERATOR',
      `${file}: ONNX Runtime has no operator ${op} as the file wants it (${why}). Export the model with standard operators, or for another opset`,
      { cause: error },
    );
  }
  return new ModelFault(
    'MODEL_REFUSED',
    `${file}: ONNX Runtime ${what}: ${why.replace(/\.$/, '')}. Check the model with onnx.checker, and export it again`,
    { cause: error },
  );
}
