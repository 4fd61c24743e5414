import type { Outgoing } from '@tickhub/plugin-sdk';
import { describe, expect, it } from 'vitest';
import { oneTick } from '../../test/raw-client.ts';
import { TABLE } from '../../test/simulated-spool.ts';
import { eachBinaryFrame } from '../wire/binary-message.ts';
import { Outbox } from './outbox.ts';

const ticks = (seq: number): Outgoing => ({ seq, ticks: oneTick(seq), records: null });
const news = (seq: number): Outgoing => ({
  seq,
  ticks: null,
  records: { stream: 'news', source: 'rss', records: [{ seq, time: 1, body: {} }] },
});

function outbox(binary: boolean) {
  const sent: (string | Uint8Array)[] = [];
  const box = new Outbox({ userId: 'u', epoch: 'e', binary, now: () => 0, send: (message) => sent.push(message) });
  /** What was sent, as `data_type seq` in order. */
  const order = (): string[] =>
    sent.flatMap((message) => {
      const found: string[] = [];
      if (typeof message !== 'string') eachBinaryFrame(message, (seq) => found.push(`ticks ${seq}`));
      else {
        for (const { data_type: type, payload } of [
          JSON.parse(message) as { data_type: string; payload: { seq?: number; from_seq?: number } },
        ].flat()) {
          found.push(`${type} ${payload.seq ?? payload.from_seq ?? '-'}`);
        }
      }
      return found;
    });
  return { box, sent, order };
}

describe.each([true, false])('Outbox, binary %s', (binary) => {
  it('keeps the order over kinds of messages, and sends nothing by itself', () => {
    const { box, sent, order } = outbox(binary);
    box.addSymbols(TABLE);
    box.addFrame(ticks(1));
    box.addFrame(ticks(2));
    box.addFrame(news(3));
    box.addHole(4, 6);
    box.addFrame(ticks(7));
    box.addFrame(news(8));
    if (!binary) expect(sent).toEqual([]);
    box.flush();
    expect(order()).toEqual(['symbols -', 'ticks 1', 'ticks 2', 'news 3', 'hole 4', 'ticks 7', 'news 8']);
    expect(sent).toHaveLength(binary ? 5 : 1);
    expect(box.size).toBe(0);
    box.flush();
    expect(sent).toHaveLength(binary ? 5 : 1);
  });

  it('sends a message when it is large enough', () => {
    const { box, sent } = outbox(binary);
    box.addSymbols(TABLE);
    for (let seq = 1; sent.length < 3; seq++) box.addFrame(ticks(seq));
    for (const message of sent.slice(1)) expect(message.length).toBeGreaterThan(60_000);
    expect(box.size).toBeLessThan(65_536);
  });

  it('announces a symbol with its source, though that was announced before', () => {
    const { box, sent } = outbox(binary);
    box.addSymbols({ sources: TABLE.sources, symbols: [] });
    box.addSymbols({ sources: [], symbols: TABLE.symbols });
    box.addSymbols({ sources: [], symbols: [] });
    box.flush();
    const envelopes = JSON.parse(sent[0] as string) as { payload: { sources: unknown[]; symbols: unknown[] } }[];
    expect(envelopes).toHaveLength(2);
    expect(envelopes[1]?.payload).toMatchObject({
      sources: [{ id: 0, name: 'mt5:test' }],
      symbols: [{ id: 0, source_id: 0, raw_name: 'EURUSD.x' }, {}, {}],
    });
  });
});
