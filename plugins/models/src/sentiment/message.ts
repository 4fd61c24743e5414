import { NewsBody, SocialBody } from '@tickhub/plugin-sdk';
import type { RecordTask } from '@tickhub/plugin-sdk';

/** A headline or post, as the model takes it. */
export interface Message {
  readonly form: 'headline' | 'post';
  readonly text: string;
  /** BCP 47, as the source says; null where it says none. */
  readonly language: string | null;
  /** Canonical symbols and ISO 4217 codes that the record names. */
  readonly symbols: readonly string[];
  readonly currencies: readonly string[];
  /** The same for all revisions of the record. */
  readonly key: string;
  /** Unix epoch milliseconds. */
  readonly time: number;
  /** Feed or network. */
  readonly source: string;
  /** 0 to 1: how little it looks like a person's word. */
  readonly spam: number;
}

/** Why a record is not read: it counts windows, it was taken back, it repeats another, or it is not what its stream holds. */
export type Unread = 'aggregate' | 'deleted' | 'duplicate' | 'unknown';

export function messageOf({ stream, source, record }: RecordTask): Message | Unread {
  const same = { key: keyOf({ stream, source, record }), time: record.time };
  const own = record.symbol === undefined ? [] : [record.symbol];
  if (stream === 'news') {
    const { success, data } = NewsBody.safeParse(record.body);
    if (!success) return 'unknown';
    if (data.duplicateOf !== undefined) return 'duplicate';
    const { title: text, language = null, currencies, feed } = data;
    return { ...same, form: 'headline', text, language, symbols: [...own, ...data.symbols], currencies, source: feed, spam: 0 };
  }
  if (stream !== 'social') return 'unknown';
  const { success, data } = SocialBody.safeParse(record.body);
  if (!success) return 'unknown';
  if (data.kind === 'aggregate') return 'aggregate';
  if (data.deleted === true) return 'deleted';
  const { text = '', language = null, network, spam } = data;
  return { ...same, form: 'post', text, language, symbols: [...own, ...data.symbols], currencies: [], source: network, spam };
}

export function keyOf({ stream, source, record }: Pick<RecordTask, 'stream' | 'source' | 'record'>): string {
  return `${stream} ${source} ${record.key ?? `#${record.seq}`}`;
}
