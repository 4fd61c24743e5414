import { z } from 'zod';
import type { Analyst, AnalystHandler } from '../capabilities/analyst.ts';
import { ModelAnswer, ModelDescription } from '../protocol/analysis.ts';
import type { AnalysisTask, ModelDescriptionInput } from '../protocol/analysis.ts';
import type { AnalystNews, HostMessage } from '../protocol/control.ts';
import { PluginFault, toFailure } from './fault.ts';

export type AnalysisOrder = Extract<HostMessage, { type: 'analyst-terms' | 'analyse' }>;
export type TellAnalyst = (news: AnalystNews) => void;

const Answers = z.array(ModelAnswer);

/** The `analyst` capability: one task after the other, in the order in which the host gave them. */
export class AnalystDesk implements Analyst {
  readonly #tell: TellAnalyst;
  readonly #wantsTicks: () => boolean;
  #handler: AnalystHandler | null = null;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param wantsTicks whether the plugin has the `market` capability as well. */
  constructor(tell: TellAnalyst, wantsTicks: () => boolean) {
    this.#tell = tell;
    this.#wantsTicks = wantsTicks;
  }

  serve(models: readonly ModelDescriptionInput[], handler: AnalystHandler): void {
    if (this.#handler !== null) throw new PluginFault('ANALYST_TWICE', 'serve() was called before; name all models in one call');
    const parsed = z.array(ModelDescription).min(1).max(256).safeParse(models);
    if (!parsed.success) throw new PluginFault('BAD_MODEL_DESCRIPTION', `serve(): ${z.prettifyError(parsed.error)}`);
    this.#handler = handler;
    this.#tell({ type: 'analyst', models: parsed.data, ticks: this.#wantsTicks() });
  }

  take(order: AnalysisOrder): void {
    const handler = this.#handler;
    if (order.type === 'analyse') {
      this.#next(order.id, async () => {
        if (handler === null) throw new PluginFault('NO_ANALYST', 'the plugin serves no models');
        return answersOf(await dispatch(handler, order.task), order.task);
      });
    } else if (handler !== null) {
      this.#work = this.#work.then(() => handler.onTerms(order.terms));
      // A model that cannot be loaded has to be told of by an abstention; a throw here is a fault of the plugin.
      this.#work = this.#work.catch((error: unknown) => {
        queueMicrotask(() => {
          throw error;
        });
      });
    }
  }

  close(): void {
    this.#closed = true;
  }

  #next(id: number, work: () => Promise<readonly ModelAnswer[]>): void {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return;
      try {
        this.#tell({ type: 'analysed', id, answers: [...(await work())], failure: null });
      } catch (error) {
        this.#tell({ type: 'analysed', id, answers: [], failure: toFailure(error, 'ANALYSIS_THREW') });
      }
    });
  }
}

async function dispatch(handler: AnalystHandler, task: AnalysisTask): Promise<readonly ModelAnswer[]> {
  switch (task.type) {
    case 'seed':
      await handler.onSeed(task);
      return [];
    case 'bars':
      return handler.onBars(task);
    case 'record':
      return (await handler.onRecord?.(task)) ?? [];
  }
}

/** @throws {PluginFault} BAD_ANSWER that names the model and the field: a figure that is not finite, say. */
function answersOf(answers: readonly ModelAnswer[], task: AnalysisTask): readonly ModelAnswer[] {
  const parsed = Answers.safeParse(answers);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [index, ...path] = issue?.path ?? [];
  const model = answers[Number(index)]?.model ?? 'a model';
  throw new PluginFault('BAD_ANSWER', `${model} answered a ${task.type} task with ${path.join('.') || 'an answer'}: ${issue?.message}`);
}
