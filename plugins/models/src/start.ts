import type { Analyst, Log, PluginContext, PluginStatus, RunningPlugin } from '@tickhub/plugin-sdk';
import { BAR_MODELS, RECORD_MODELS } from './catalogue.ts';
import type { Config } from './config.ts';
import { Desk } from './desk.ts';
import type { StoredModel } from './model-file.ts';
import { readModel } from './model-file.ts';
import { SESSION_OVERHEAD_BYTES } from './sessions/session-cache.ts';
import { loadRuntime } from './sessions/runtime.ts';
import { Shelf } from './shelf.ts';

type Context = PluginContext<Config> & { readonly analyst: Analyst; readonly log: Log };

/** Reads the models, serves those that are whole, and keeps the reasons why others are not. */
export async function start({ analyst, log, config }: Context): Promise<RunningPlugin> {
  const runtime = loadRuntime(config.runtime, (why) =>
    log.warn(`onnxruntime-node cannot be loaded, so the models run in WebAssembly, about ten times slower: ${why}`),
  );
  // Its failure is told by each model that needs it.
  runtime.catch(() => undefined);
  const { stored, unusable } = await readAll(log);
  const shelf = new Shelf(stored, runtime, log);
  const files = new Map(stored.map(({ file }) => [file.id, file]));
  const desk = new Desk({
    shelf,
    files,
    barModels: made(BAR_MODELS, stored, shelf),
    recordModels: made(RECORD_MODELS, stored, shelf),
  });
  if (stored.length === 0) throw new Error(`no model can be used: ${[...unusable.values()].join('; ')}`);
  analyst.serve(
    stored.map(({ file, onnx }) => {
      const { features: _features, inputs: _inputs, range: _range, constants: _constants, ...description } = file;
      return { ...description, bytes: onnx.byteLength + SESSION_OVERHEAD_BYTES };
    }),
    desk,
  );
  return { status: () => statusOf(shelf, desk, unusable) };
}

async function readAll(log: Log): Promise<{ stored: StoredModel[]; unusable: Map<string, string> }> {
  const stored: StoredModel[] = [];
  const unusable = new Map<string, string>();
  for (const id of [...Object.keys(BAR_MODELS), ...Object.keys(RECORD_MODELS)]) {
    try {
      stored.push(await readModel(id));
    } catch (error) {
      const why = (error as Error).message;
      log.error(why, { model: id });
      unusable.set(id, why);
    }
  }
  return { stored, unusable };
}

function made<M>(
  makers: Readonly<Record<string, (file: StoredModel['file'], runner: ReturnType<Shelf['runner']>) => M>>,
  stored: readonly StoredModel[],
  shelf: Shelf,
): M[] {
  return Object.entries(makers).flatMap(([id, make]) => {
    const model = stored.find(({ file }) => file.id === id);
    return model === undefined ? [] : [make(model.file, shelf.runner(id))];
  });
}

function statusOf(shelf: Shelf, desk: Desk, unusable: ReadonlyMap<string, string>): PluginStatus {
  const { models, allowed } = shelf.counts;
  const [trouble] = [...unusable.values(), ...shelf.broken.values()];
  const { sessions, bytes, made: opened } = shelf.sessions;
  const counters = { ...desk.counters, models, allowed, sessions, sessionBytes: bytes, sessionsMade: opened };
  if (trouble !== undefined) return { status: 'degraded', detail: trouble.slice(0, 500), counters };
  return { status: 'ok', detail: `${allowed} of ${models} models, ${counters.symbols} symbols`, counters };
}
