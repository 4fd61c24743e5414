import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../control/status.ts';
import { bytes, duration, grouped, table } from './numbers.ts';
import { statusFixture as status } from '../control/status.fixture.ts';
import { statusText } from './status-text.ts';

const text = (change?: Partial<HostStatus>): string => statusText(status(change)).join('\n');

describe('statusText', () => {
  it('says which symbols are held back, and why, behind those that flow', () => {
    const lines = statusText(status());
    const eurusd = lines.findIndex((line) => line.startsWith('EURUSD'));
    const gbpusd = lines.findIndex((line) => line.startsWith('GBPUSD'));
    expect(eurusd).toBeLessThan(gbpusd);
    expect(lines[gbpusd]).toMatch(/held back .*the free tier passes 5 symbols/);
  });

  it('says why a plugin does not run', () => {
    expect(text()).toMatch(/gold-club .*gated .*needs the pro tier; yours is free/);
  });

  it('says how many models answer, and what keeps the others from it', () => {
    const model = {
      plugin: 'models',
      version: '1',
      tier: 'free',
      allowed: true,
      reason: '',
      answers: 5,
      abstentions: 2,
      failures: 0,
      lastFailure: null,
      restsUntil: null,
      lastMs: 1,
    } as const;
    const models = [
      { ...model, id: 'trend_v1' },
      { ...model, id: 'mine', failures: 3, lastFailure: 'it answers as of 1' },
      { ...model, id: 'risk_v2', answers: 0, abstentions: 0, allowed: false, reason: 'risk_v2 needs enterprise; your tier is free' },
    ];
    expect(text()).not.toContain('models ');
    const shown = text({ analysis: { ...status().analysis, models, rounds: 9, waiting: 4 } });
    expect(shown).toContain('models   2 of 3 may answer; asked 9 times: 10 answers, 4 abstentions, 3 failures, 4 questions wait');
    expect(shown).toContain('         mine failed 3 times, last: it answers as of 1\n         risk_v2 needs enterprise; your tier is free');
  });

  it('says of the agents how often they were asked, and who did what does not count', () => {
    const agents = { known: 3, asked: 12, merged: 9, stoodAlone: 5, rateLimited: 2, refusals: [] };
    const shown = (change: object): string => text({ analysis: { ...status().analysis, agents: { ...agents, ...change } } });
    expect(shown({ known: 0, asked: 0 })).not.toContain('agents  ');
    expect(shown({})).toContain(
      "agents   3 can be asked; asked 12 times: 9 merged, 5 left to the local answer, 2 held back by the tier's rate\n",
    );
    const refusals = [
      { agent: 'mallory', reason: 'bad-signature', count: 1_200 },
      { agent: null, reason: 'consensus-forged', count: 3 },
      { agent: 'mallory', reason: 'false-claim', count: 2 },
    ];
    expect(shown({ refusals })).toContain(
      '         refused of mallory: 1,200 bad-signature, 2 false-claim\n         refused of the backend: 3 consensus-forged\n',
    );
  });

  it('holds the latency against the tier', () => {
    expect(text()).toContain("p99 4.00 ms from arrival to acknowledgement, within the tier's 100 ms");
    expect(text({ ticks: { ...status().ticks, latencyMs: { p50: 90, p99: 120 } } })).toContain('OVER');
    expect(text({ ticks: { ...status().ticks, latencyMs: { p50: null, p99: null } } })).toContain('nothing acknowledged yet');
  });

  it('does not hide a stalled spool, lost ticks or a link that is down', () => {
    const shown = text({
      spool: { ...status().spool, state: 'stalled', reason: 'the disk is full', lostTicks: 3 },
      backend: { address: 'wss://b', link: 'down', since: '', reason: 'refused' },
    });
    expect(shown).toContain('SPOOL STALLED: the disk is full');
    expect(shown).toContain('LOST: 3 ticks');
    expect(shown).toContain('NOT CONNECTED: wss://b (refused)');
  });

  it('shows records where there are any, and what became of them', () => {
    expect(text()).not.toContain('records  ');
    expect(text({ records: { taken: 1_200, duplicate: 3, heldBack: 4, unwanted: 5 } })).toContain(
      'records  1,200 taken, 3 duplicate, 4 held back, 5 not wanted',
    );
  });

  it('says once what a plugin gives as its state and as the reason of it', () => {
    const [plugin] = status().plugins as [HostStatus['plugins'][number]];
    const shown = text({ plugins: [{ ...plugin, state: 'degraded', reason: 'no terminal', detail: 'no terminal' }] });
    expect(shown.match(/no terminal/g)).toHaveLength(1);
  });

  it('lets no plugin move the cursor or break a line', () => {
    const [plugin] = status().plugins as [HostStatus['plugins'][number]];
    const lines = statusText(status({ plugins: [{ ...plugin, detail: '\u001B[2J\u009B2Jone\ntwo' }] }));
    expect(lines.find((line) => line.startsWith('mt5'))).toMatch(/one two$/);
    // eslint-disable-next-line no-control-regex -- these must not be there.
    expect(lines.join('')).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
  });

  it('shows sources that are not well, and counts those it has no room for', () => {
    const one = status().sources[0] as HostStatus['sources'][number];
    expect(text()).not.toContain('next try');
    const shown = text({
      sources: Array.from({ length: 10 }, (_, i) => ({
        ...one,
        source: `news:${i}`,
        state: 'unreachable' as const,
        detail: 'no such name',
      })),
    });
    expect(shown).toMatch(/news:7 +unreachable .*no such name/);
    expect(shown).not.toContain('news:8');
    expect(shown).toContain('and 2 more; `tickhub sources` has them all');
  });

  it('counts the symbols it has no room for', () => {
    const one = status().symbols[1] as HostStatus['symbols'][number];
    expect(text({ symbols: Array.from({ length: 33 }, (_, i) => ({ ...one, symbol: `S${i}` })) })).toContain('and 13 more');
  });
});

describe('numbers', () => {
  it.each([
    [grouped(1234567.4), '1,234,567'],
    [duration(null), '-'],
    [duration(0.421), '0.42 ms'],
    [duration(12.4), '12 ms'],
    [duration(3_400), '3.4 s'],
    [duration(600_000), '10 min'],
    [bytes(512), '512 B'],
    [bytes(1_536), '1.5 KiB'],
    [bytes(null), '-'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });

  it('lines columns up, numbers to the right', () => {
    expect(
      table(
        ['a', 'n'],
        [
          ['x', '1'],
          ['long', '200'],
        ],
      ),
    ).toEqual(['a       n', 'x       1', 'long  200']);
  });
});
