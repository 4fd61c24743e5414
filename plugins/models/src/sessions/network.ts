import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { ModelError } from '../errors.ts';
import type { StoredModel } from '../model-file.ts';
import type { Runtime } from './runtime.ts';

/** So many rows are given to a session at once: batches of 64 take 16 ms and more of convolutions (DESIGN, models). */
const MOST_ROWS = 16;

/** What a network takes: a tensor by name, rows first. `dims` are of one row: `[36]`, `[128, 5]`. */
export type Feeds = Readonly<Record<string, { readonly data: Float32Array | Int32Array; readonly dims: readonly number[] }>>;
/** What it gives, by name: all rows one after the other. */
export type Outputs = Readonly<Record<string, Float32Array>>;

/** A session of one model, loaded. */
export class Network {
  readonly #id: string;
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  private constructor(id: string, runtime: Runtime, session: InferenceSession) {
    this.#id = id;
    this.#runtime = runtime;
    this.#session = session;
  }

  /** @throws {ModelError} MODEL_REFUSED */
  static async open({ file, onnx }: StoredModel, runtime: Runtime): Promise<Network> {
    try {
      const session = await runtime.InferenceSession.create(onnx, {
        logSeverityLevel: 3,
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
      });
      return new Network(file.id, runtime, session);
    } catch (error) {
      throw new ModelError('MODEL_REFUSED', `${file.id}: ONNX Runtime refuses model.onnx: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Names of the tensors it takes. */
  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  /**
   * Runs `rows` rows, some at a time. A row gives the same bits whatever rows are around it, as long as the runtime is the same.
   * @throws {ModelError} MODEL_REFUSED where the shapes do not fit.
   */
  async run(feeds: Feeds, rows: number): Promise<Outputs> {
    const pieces: Record<string, Float32Array[]> = {};
    for (let from = 0; from < rows; from += MOST_ROWS) {
      const outputs = await this.#runRows(feeds, from, Math.min(rows, from + MOST_ROWS));
      for (const [name, { data }] of Object.entries(outputs)) {
        if (data instanceof Float32Array) (pieces[name] ??= []).push(data);
      }
    }
    return Object.fromEntries(Object.entries(pieces).map(([name, parts]) => [name, joined(parts)]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  async #runRows(feeds: Feeds, from: number, to: number): Promise<InferenceSession.OnnxValueMapType> {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { data, dims }] of Object.entries(feeds)) {
      const width = dims.reduce((product, size) => product * size, 1);
      const part = data.subarray(from * width, to * width);
      const shape = [to - from, ...dims];
      tensors[name] =
        part instanceof Float32Array ? new this.#runtime.Tensor('float32', part, shape) : new this.#runtime.Tensor('int32', part, shape);
    }
    try {
      return await this.#session.run(tensors);
    } catch (error) {
      throw new ModelError('MODEL_REFUSED', `${this.#id}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
