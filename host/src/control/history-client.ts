import { deserialize } from 'node:v8';
import { HistoryBars, HistoryInfo, HistoryRecords, HistoryTicks } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';
import type { BarQuery, Bars, HistoryReader, RecordPage, RecordQuery, TickPage, TickQuery } from '../history/history.ts';
import { HistoryError } from '../history/errors.ts';
import type { HistoryErrorCode } from '../history/errors.ts';
import { ControlRefusedError, reachHost } from './control-client.ts';

/** Years of ticks into bars take a while. */
const ANSWER_MS = 300_000;

const Refusal = z.object({ error: z.string(), code: z.string().startsWith('HISTORY_').optional() });

/** The history of a running host, asked over its control port. Rejects with HistoryError as it does, with NoHostError where no host answers. */
export class ControlHistory implements HistoryReader {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async info(): Promise<HistoryInfo> {
    return HistoryInfo.parse(await this.#ask('info', {}));
  }

  async bars(query: BarQuery): Promise<Bars> {
    return HistoryBars.parse(await this.#ask('bars', query));
  }

  async ticks(query: TickQuery): Promise<TickPage> {
    return HistoryTicks.parse(await this.#ask('ticks', query));
  }

  async records(query: RecordQuery): Promise<RecordPage> {
    return HistoryRecords.parse(await this.#ask('records', query)) as RecordPage;
  }

  async #ask(method: string, query: object): Promise<unknown> {
    const { answer, gone } = await reachHost(this.#dataDir, `/history/${method}`, {
      method: 'POST',
      body: JSON.stringify(query),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const bytes = await answer.arrayBuffer().catch((error: unknown) => {
      throw gone(error);
    });
    const body = Buffer.from(bytes);
    if (answer.ok) return deserialize(body);
    const { error, code } = refusalIn(body);
    if (code === undefined) throw new ControlRefusedError(error ?? `the host answered ${answer.status}`);
    throw new HistoryError(code as HistoryErrorCode, error ?? code);
  }
}

function refusalIn(body: Buffer): Partial<z.infer<typeof Refusal>> {
  try {
    return Refusal.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return {};
  }
}
