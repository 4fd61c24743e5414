import { createHash } from 'node:crypto';
import type { ConsensusAnalysis, ModelAnalysis, ModelAnswer, PublishedBatch, PublishedRecord } from '@tickhub/plugin-sdk/host';

const encoder = new TextEncoder();
const LONGEST_KEY = 512;

/** Takes a plugin's batch of records as JSON, as its isolate would send it; see `RecordIntake.take`. */
export type PublishRecords = (plugin: string, body: Uint8Array) => void;

/** Consensus is no plugin's: its records are of this name. */
export const AGENTS = 'agents';

/**
 * Publishes answers as records of the stream `analysis`, under the name of the model's plugin. An answer that says the same of the same moment again is a duplicate, and one that
 * says something else a revision.
 * @param recordKey of the record that was asked about, where it was one.
 */
export function publishAnswers(publish: PublishRecords, plugin: string, answers: readonly ModelAnswer[], recordKey: string | null): void {
  publishBatch(
    publish,
    plugin,
    answers.map((answer) => ({
      time: answer.at,
      ...(answer.symbol !== '' && { symbol: answer.symbol }),
      key: keyOf([answer.model, answer.symbol, answer.at, ...(recordKey === null ? [] : [recordKey])]),
      body: { kind: 'model', ...answer } satisfies ModelAnalysis,
    })),
  );
}

export function publishConsensus(publish: PublishRecords, merged: readonly ConsensusAnalysis[]): void {
  publishBatch(
    publish,
    AGENTS,
    merged.map((body) => ({ time: body.at, symbol: body.symbol, key: keyOf([body.question, body.symbol, body.at, body.id]), body })),
  );
}

function publishBatch(publish: PublishRecords, plugin: string, records: readonly PublishedRecord[]): void {
  if (records.length === 0) return;
  publish(plugin, encoder.encode(JSON.stringify({ stream: 'analysis', source: plugin, records: [...records] } satisfies PublishedBatch)));
}

/** A key of a record that was asked about may fill a key by itself. */
function keyOf(parts: readonly (string | number)[]): string {
  const key = parts.join(' ');
  if (key.length <= LONGEST_KEY) return key;
  return `${key.slice(0, LONGEST_KEY / 2)} ${createHash('sha256').update(key).digest('hex')}`;
}
