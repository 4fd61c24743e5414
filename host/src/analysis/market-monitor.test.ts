import { describe, expect, it } from 'vitest';
import { describeModel, HOUR, hours, lastClose, ScriptedPlugin, testMonitor, WEDNESDAY, withPlugin } from './analysis.fixture.ts';
import type { TestMonitor } from './analysis.fixture.ts';
import type { AgentQuestion } from './agent-desk.ts';

const MINUTE = 60_000;

/** A first bar of EURUSD, 10:00 to 11:00, closed by the tick of 11:00. */
function firstBar(t: TestMonitor): void {
  t.tick(
    { symbol: 0, at: WEDNESDAY, bid: 1.1 },
    { symbol: 0, at: WEDNESDAY + 59 * MINUTE, bid: 1.2 },
    { symbol: 0, at: WEDNESDAY + HOUR, bid: 1.3 },
  );
}

describe('the market monitor', () => {
  it('asks about each bar as it closes, and publishes what is answered', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    firstBar(t);
    t.tick({ symbol: 0, at: WEDNESDAY + 2 * HOUR, bid: 1.4 });
    expect(await t.bodies()).toMatchObject([
      { kind: 'model', model: 'last_close', symbol: 'EURUSD', at: WEDNESDAY + HOUR, value: 1.2, inputs: { count: 1 } },
      { kind: 'model', model: 'last_close', symbol: 'EURUSD', at: WEDNESDAY + 2 * HOUR, value: 1.3, inputs: { count: 2 } },
    ]);
    expect(t.published[0]).toMatchObject({
      plugin: 'models',
      stream: 'analysis',
      source: 'models',
      records: [{ key: `last_close EURUSD ${WEDNESDAY + HOUR}`, time: WEDNESDAY + HOUR, symbol: 'EURUSD' }],
    });
    expect(plugin.asked).toEqual([[WEDNESDAY], [WEDNESDAY + HOUR]]);
  });

  it('closes the bar of a quiet symbol by the clock, and says nothing of a market that is closed', async () => {
    const t = testMonitor();
    withPlugin(t);
    t.tick({ symbol: 0, at: WEDNESDAY + 55 * MINUTE, bid: 1.1 });
    t.clock.now = WEDNESDAY + HOUR + 10_000;
    t.monitor.look();
    expect(await t.bodies()).toHaveLength(1);
    t.tick({ symbol: 0, at: WEDNESDAY + HOUR + MINUTE, bid: 1.2 });
    t.clock.now = WEDNESDAY + 2 * HOUR + 10_000;
    t.monitor.look();
    expect(await t.bodies()).toHaveLength(1);
    expect(t.monitor.status).toMatchObject({ stale: 1, rounds: 1 });
  });

  it('learns from bars of a backfill and asks about none of them', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    t.clock.now = WEDNESDAY + 30 * HOUR;
    for (let h = 0; h < 5; h++) t.tick({ symbol: 0, at: WEDNESDAY + h * HOUR, bid: 1 + h, late: true });
    expect(await t.bodies()).toEqual([]);
    hours(t, 1, WEDNESDAY + 30 * HOUR);
    expect(await t.bodies()).toMatchObject([{ at: WEDNESDAY + 31 * HOUR, inputs: { count: 6 } }]);
    expect(plugin.seeds).toMatchObject([{ symbol: 'EURUSD', widthMs: HOUR }]);
  });

  it('gives seeds again, in order, to the next process of a plugin and after a reload', async () => {
    const t = testMonitor();
    const first = withPlugin(t);
    hours(t, 3);
    await t.bodies();
    first.analyst.end();
    t.analysts.remove(first.analyst);
    const second = withPlugin(t, [describeModel()], 2);
    hours(t, 2, WEDNESDAY + 3 * HOUR);
    const bodies = await t.bodies();
    expect(bodies.map(({ inputs }) => (inputs as { count: number }).count)).toEqual([1, 2, 3, 4, 5]);
    expect(second.tasks.map(({ type }) => type)).toEqual(['seed', 'bars', 'bars']);
    expect([...(second.seeds[0] as { bars: { time: Float64Array } }).bars.time]).toEqual([0, 1, 2].map((h) => WEDNESDAY + h * HOUR));
    const third = withPlugin(t, [describeModel()], 3);
    hours(t, 1, WEDNESDAY + 5 * HOUR);
    await t.bodies();
    expect(third.tasks.map(({ type }) => type)).toEqual(['seed', 'bars']);
    expect(second.tasks).toHaveLength(3);
  });

  it('asks a question again that a process left unanswered, once', async () => {
    const t = testMonitor();
    const first = withPlugin(t);
    const asked = Promise.withResolvers<void>();
    first.say = (task) => {
      if (task.type === 'seed') return [];
      asked.resolve();
      return new Promise(() => undefined);
    };
    hours(t, 1);
    await asked.promise;
    first.analyst.end();
    t.analysts.remove(first.analyst);
    const second = withPlugin(t, [describeModel()], 2);
    expect(await t.bodies()).toMatchObject([{ at: WEDNESDAY + HOUR, value: expect.any(Number) as number }]);
    expect(second.tasks.map(({ type }) => type)).toEqual(['seed', 'bars']);
  });

  it('lets the models answer that the tier allows, and says why of the others', async () => {
    const t = testMonitor();
    const models = [describeModel(), describeModel({ id: 'pattern_v2', tier: 'pro', bars: { widthMs: HOUR, need: 1, want: 3 } })];
    const plugin = withPlugin(t, models);
    const twin = new ScriptedPlugin('twin', [describeModel(), describeModel({ id: 'odd', bars: { widthMs: 1_500, need: 1, want: 1 } })]);
    t.analysts.add(twin.analyst);
    hours(t, 1);
    expect((await t.bodies()).map(({ model }) => model)).toEqual(['last_close']);
    expect(t.monitor.status.models.map(({ id, plugin: of, allowed, reason }) => [id, of, allowed, reason])).toEqual([
      ['last_close', 'models', true, ''],
      ['pattern_v2', 'models', false, 'pattern_v2 needs pro; your tier is free'],
      ['last_close', 'twin', false, expect.stringMatching(/the plugin models serves one of this id already.*another id/)],
      ['odd', 'twin', false, expect.stringContaining('whole seconds')],
    ]);
    expect(plugin.told.at(0)).toMatchObject({
      terms: {
        models: [{ allowed: true }, { allowed: false, reason: 'pattern_v2 needs pro; your tier is free' }],
        cacheBytes: 50 * 1_048_576,
      },
    });
    t.allowance.tier = 'pro';
    t.monitor.roster.refresh();
    hours(t, 1, WEDNESDAY + HOUR);
    expect((await t.bodies()).map(({ model }) => model)).toEqual(['last_close', 'last_close', 'pattern_v2']);
  });

  it('names a model that throws, once, and lets the others go on', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t, [describeModel({ id: 'good' }), describeModel({ id: 'bad' })]);
    plugin.say = (task) => {
      if (task.type === 'bars' && task.models?.includes('bad') === true) throw new Error('a tensor is upside down');
      return plugin.answer(task);
    };
    hours(t, 6);
    const bodies = await t.bodies();
    expect(bodies.map(({ model, at }) => [model, at])).toEqual([1, 2, 3, 4, 5, 6].map((h) => ['good', WEDNESDAY + h * HOUR]));
    expect(bodies.map(({ inputs }) => (inputs as { count: number }).count)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(t.monitor.status.models).toMatchObject([
      { id: 'good', answers: 6, failures: 0 },
      { id: 'bad', answers: 0, lastFailure: 'models: a tensor is upside down' },
    ]);
    expect(t.log.lines.filter(({ message }) => message.includes('upside down'))).toHaveLength(1);
  });

  it('counts a plugin that is slow as failed, and goes on when it answers again', async () => {
    const t = testMonitor({ rules: { deadlineMs: 20 } });
    const plugin = withPlugin(t);
    const late = Promise.withResolvers<void>();
    plugin.say = async (task) => {
      if (task.type === 'bars') await late.promise;
      return plugin.answer(task);
    };
    hours(t, 1);
    expect(await t.bodies()).toEqual([]);
    expect(t.monitor.status.models).toMatchObject([{ failures: 1, lastFailure: 'it did not answer within 20 ms' }]);
    late.resolve();
    hours(t, 1, WEDNESDAY + HOUR);
    expect(await t.bodies()).toMatchObject([{ at: WEDNESDAY + 2 * HOUR }]);
  });

  it.each([
    ['as another version', { version: '9' }, /version 9/],
    ['about another symbol', { symbol: 'GBPUSD' }, /asked about EURUSD/],
    ['as of another time', { at: 1 }, /as of 1/],
    ['with nothing', { value: null }, /neither abstains nor gives a value/],
    ['from the future', { inputs: { from: 0, to: WEDNESDAY + 9 * HOUR, count: 1 } }, /after the time/],
  ])('does not publish an answer %s', async (_what, spoilt, words) => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    plugin.say = (task) => plugin.answer(task).map((answer) => ({ ...answer, ...spoilt }));
    hours(t, 1);
    expect(await t.bodies()).toEqual([]);
    expect(t.monitor.status.models[0]?.lastFailure).toMatch(words);
  });

  it('holds probabilities and quantiles to what the model said of itself', async () => {
    const t = testMonitor();
    const classes = describeModel({ id: 'classes', output: { kind: 'probabilities', classes: ['up', 'down'] } });
    const quantiles = describeModel({ id: 'quantiles', output: { kind: 'quantiles', levels: [0.1, 0.9], unit: '%' } });
    const plugin = withPlugin(t, [classes, quantiles]);
    const probabilities: Record<string, number>[] = [
      { up: 0.5, down: 0.4 },
      { up: 0.5, sideways: 0.5 },
      { up: 0.5, down: 0.5 },
    ];
    let hour = 0;
    plugin.say = (task) => {
      const answers = plugin.answer(task);
      if (task.type === 'bars') hour++;
      const rising = [
        { level: 0.1, value: 1 },
        { level: 0.9, value: hour > 2 ? 2 : 0 },
      ];
      return answers.map((answer) =>
        answer.model === 'classes'
          ? { ...answer, value: null, probabilities: probabilities[hour - 1] ?? null }
          : { ...answer, value: null, quantiles: rising },
      );
    };
    hours(t, 3);
    expect((await t.bodies()).map(({ model, at }) => [model, at])).toEqual([
      ['classes', WEDNESDAY + 3 * HOUR],
      ['quantiles', WEDNESDAY + 3 * HOUR],
    ]);
  });

  it('has a few tasks under way at once when fifty symbols close a bar together, and all are answered', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `feed/S${i}`);
    const t = testMonitor({ names });
    const plugin = withPlugin(t);
    let most = 0;
    plugin.say = async (task) => {
      most = Math.max(most, plugin.analyst.waiting);
      await Promise.resolve();
      return plugin.answer(task);
    };
    for (let symbol = 0; symbol < 50; symbol++) t.tick({ symbol, at: WEDNESDAY + 58 * MINUTE, bid: 1 + symbol });
    t.clock.now = WEDNESDAY + HOUR + 11_000;
    t.monitor.look();
    expect(t.monitor.waiting).toBe(50);
    const bodies = await t.bodies();
    expect(bodies.map(({ symbol, value }) => [symbol, value])).toEqual(names.map((name, i) => [name.slice(5), 1 + i]));
    // A seed and the question after it may both be under way beyond the bound.
    expect(most).toBeLessThanOrEqual(6);
  });

  it('asks about records that a model wants, and not about its own plugin’s', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t, [describeModel({ id: 'mood', bars: undefined, streams: ['news'] })]);
    plugin.say = (task) =>
      task.type === 'record'
        ? [
            {
              ...lastClose(plugin.analyst.models[0] ?? describeModel(), { widthMs: 0, context: {} } as never, 1, {
                time: [],
                close: [],
              } as never),
              symbol: 'EURUSD',
              at: task.record.time,
            },
          ]
        : [];
    const record = (seq: number, time: number) => ({ seq, time, key: `k${seq}`, body: { title: 'the pound slips' } });
    t.monitor.takeRecords('news', {
      stream: 'news',
      source: 'news:a',
      records: [record(1, WEDNESDAY - 1_000), record(2, WEDNESDAY - 48 * HOUR)],
    });
    t.monitor.takeRecords('models', { stream: 'news', source: 'models', records: [record(3, WEDNESDAY)] });
    expect(await t.bodies()).toMatchObject([{ model: 'mood', at: WEDNESDAY - 1_000 }]);
    expect(t.published[0]?.records[0]?.key).toBe(`mood EURUSD ${WEDNESDAY - 1_000} news:a k1`);
  });

  it('lets no two plugins answer each other’s answers for ever', async () => {
    const t = testMonitor();
    const echo = (id: string): ScriptedPlugin => {
      const model = describeModel({ id, bars: undefined, streams: ['analysis'] });
      const plugin = new ScriptedPlugin(id, [model]);
      const about = { widthMs: 0, context: { spread: null } } as never;
      plugin.say = (task) =>
        task.type === 'record'
          ? [{ ...lastClose(model, about, 1, { time: [], close: [] } as never), symbol: 'EURUSD', at: task.record.time }]
          : [];
      t.analysts.add(plugin.analyst);
      return plugin;
    };
    const [a, b] = [echo('a'), echo('b')];
    // What is published comes back as any record does.
    t.onPublished = ({ plugin, stream, source, records }) =>
      t.monitor.takeRecords(plugin, { stream, source, records: records.map((record, i) => ({ ...record, seq: i + 1 })) });
    t.monitor.takeRecords('c', { stream: 'analysis', source: 'c', records: [{ seq: 1, time: WEDNESDAY, body: {} }] });
    expect((await t.bodies()).map(({ model }) => model)).toEqual(['a', 'b']);
    expect([a.tasks.length, b.tasks.length]).toEqual([1, 1]);
  });

  it('tells models the spread, the calendar, and the positions of the source’s own account', async () => {
    const t = testMonitor();
    const plugin = withPlugin(t);
    const event = (id: string, scheduledAt: number, change: object = {}) => ({
      time: scheduledAt,
      key: id,
      seq: 1,
      body: {
        kind: 'result',
        event: id,
        title: id,
        currency: 'USD',
        impact: 'high',
        scheduledAt,
        timed: true,
        forecast: { text: '2', value: 2 },
        previous: null,
        actual: { text: '3', value: 3 },
        symbols: [],
        provider: 'p',
        ...change,
      },
    });
    t.monitor.takeRecords('economic', {
      stream: 'calendar',
      source: 'economic',
      records: [
        event('past', WEDNESDAY + 30 * MINUTE),
        event('next', WEDNESDAY + 3 * HOUR, { kind: 'scheduled', actual: null }),
        event('yen', WEDNESDAY + 61 * MINUTE, { currency: 'JPY' }),
        event('calm', WEDNESDAY + 62 * MINUTE, { impact: 'low' }),
        event('off', WEDNESDAY + 63 * MINUTE, { withdrawn: true }),
      ],
    });
    const account = {
      account: 'a',
      server: 's',
      currency: 'EUR',
      leverage: 30,
      balance: 1,
      equity: 1_000,
      margin: 500,
      freeMargin: 1,
      profit: 0,
      mode: 'demo',
    };
    const position = {
      ticket: '1',
      symbol: 'EURUSD',
      side: 'sell',
      volume: 0.1,
      openedAt: 1,
      openPrice: 1.2,
      currentPrice: 1,
      stopLoss: 1.3,
      takeProfit: null,
      profit: 0,
      swap: 0,
    };
    const positions = { account: 'a', positions: [position, { ...position, symbol: 'GBPUSD' }] };
    t.monitor.takeRecords('feed', { stream: 'account', source: 'feed', records: [{ seq: 1, time: 1, body: account }] });
    t.monitor.takeRecords('feed', { stream: 'positions', source: 'feed', records: [{ seq: 1, time: 1, body: positions }] });
    t.monitor.takeRecords('other', { stream: 'positions', source: 'other', records: [{ seq: 1, time: 1, body: positions }] });
    hours(t, 1);
    await t.bodies();
    const [task] = plugin.tasks.filter(({ type }) => type === 'bars') as unknown as { context: object }[];
    expect(task?.context).toEqual({
      spread: expect.closeTo(0.0002, 9) as number,
      minutesToEvent: 120,
      minutesSinceEvent: 30,
      lastSurprise: 0.5,
      positions: [{ side: 'short', volume: 0.1, openPrice: 1.2, stop: 1.3 }],
      account: { equity: 1_000, margin: 500, level: 200, callLevel: null },
    });
  });

  it('asks the agents where no local model is sure, once a while, and publishes their consensus', async () => {
    const questions: AgentQuestion[] = [];
    const status = { known: 1, asked: 1, merged: 1, stoodAlone: 0, rateLimited: 0, refusals: [] };
    const merged = { kind: 'consensus', id: 'c1', symbol: 'EURUSD', at: WEDNESDAY + HOUR, question: 'last_close' };
    const t = testMonitor({
      agents: {
        status,
        coordinate: (question) => {
          questions.push(question);
          return Promise.resolve({ merged: [merged as never], asked: 1, allowed: 1 });
        },
      },
    });
    const plugin = withPlugin(t);
    plugin.say = (task) => plugin.answer(task).map((answer) => ({ ...answer, horizonMs: HOUR, confidence: 0.1 }));
    hours(t, 1);
    await t.bodies();
    await Promise.resolve();
    expect(questions).toMatchObject([
      {
        symbol: 'EURUSD',
        reason: 'confidence',
        at: WEDNESDAY + HOUR,
        local: [{ model: 'last_close' }],
        market: { closes: [expect.any(Number)] },
      },
    ]);
    expect(t.monitor.status.agents).toEqual(status);
    expect(Object.keys(questions[0]?.market.context ?? {})).not.toContain('positions');
    expect(t.published.at(-1)).toMatchObject({
      plugin: 'agents',
      source: 'agents',
      records: [{ key: `last_close EURUSD ${WEDNESDAY + HOUR} c1`, body: merged }],
    });
  });
});
