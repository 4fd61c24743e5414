import { describe, expect, it } from 'vitest';
import { describeModel, hours, HOUR, ScriptedPlugin, testMonitor, WEDNESDAY } from './analysis.fixture.ts';
import type { TestMonitor } from './analysis.fixture.ts';
import { analyse } from './on-request.ts';

/** A running plugin whose only model is of an id that another may serve, too. */
function running(t: TestMonitor, id: string, origin: 'bundled' | 'user', { generation = 1, serves = 'last_close' } = {}): ScriptedPlugin {
  const plugin = new ScriptedPlugin(id, [describeModel({ id: serves, question: `the last close, says ${id}` })], generation, origin);
  t.analysts.add(plugin.analyst);
  return plugin;
}

function ends(t: TestMonitor, plugin: ScriptedPlugin): void {
  plugin.analyst.end();
  t.analysts.remove(plugin.analyst);
}

/** Which plugins answer about the next hour. */
async function answering(t: TestMonitor): Promise<string[]> {
  const before = t.published.length;
  hours(t, 1, t.clock.now === WEDNESDAY ? WEDNESDAY : t.clock.now);
  await t.bodies();
  return t.published.slice(before).map(({ plugin }) => plugin);
}

function refused(t: TestMonitor): [string, string][] {
  return t.monitor.status.models.filter(({ allowed }) => !allowed).map(({ plugin, reason }) => [plugin, reason]);
}

const OF_THE_BUNDLED = /^last_close of the plugin mine is not asked: the bundled plugin models has a model of this id.*give .* another id/;

describe('two models of one id', () => {
  it.each([
    ['first', ['mine', 'models']],
    ['later', ['models', 'mine']],
  ])('leaves it to the bundled plugin where the user’s starts %s, and says so once, with both names', async (_when, order) => {
    const t = testMonitor();
    for (const id of order) running(t, id, id === 'models' ? 'bundled' : 'user');
    expect(await answering(t)).toEqual(['models']);
    expect(refused(t)).toEqual([['mine', expect.stringMatching(OF_THE_BUNDLED)]]);
    t.monitor.roster.refresh();
    expect(t.log.lines.filter(({ level, message }) => level === 'error' && OF_THE_BUNDLED.test(message))).toHaveLength(1);
  });

  it('takes it from a user’s plugin that has answered already, and tells that plugin why', async () => {
    const t = testMonitor();
    const mine = running(t, 'mine', 'user');
    expect(await answering(t)).toEqual(['mine']);
    running(t, 'models', 'bundled');
    expect(await answering(t)).toEqual(['models']);
    expect(mine.told.findLast(({ type }) => type === 'analyst-terms')).toMatchObject({
      terms: { models: [{ id: 'last_close', allowed: false, reason: expect.stringMatching(OF_THE_BUNDLED) as string }] },
    });
  });

  it('keeps it for the bundled plugin while that one is down, and over reloads of either', async () => {
    const t = testMonitor();
    const models = running(t, 'models', 'bundled');
    const mine = running(t, 'mine', 'user');
    const mineAgain = running(t, 'mine', 'user', { generation: 2 });
    ends(t, mine);
    expect(await answering(t)).toEqual(['models']);
    const reloaded = running(t, 'models', 'bundled', { generation: 2 });
    ends(t, models);
    expect(await answering(t)).toEqual(['models']);
    ends(t, reloaded);
    expect(await answering(t)).toEqual([]);
    running(t, 'models', 'bundled', { generation: 3 });
    expect(await answering(t)).toEqual(['models']);
    running(t, 'mine', 'user', { generation: 3, serves: 'my_close' });
    ends(t, mineAgain);
    expect(await answering(t)).toEqual(['models', 'mine']);
    expect(refused(t)).toEqual([]);
  });

  it('frees it when a reload of the bundled plugin serves it no more', async () => {
    const t = testMonitor();
    const models = running(t, 'models', 'bundled');
    running(t, 'mine', 'user');
    running(t, 'models', 'bundled', { generation: 2, serves: 'next_close' });
    ends(t, models);
    expect((await answering(t)).sort()).toEqual(['mine', 'models']);
  });

  it('leaves it, of two of the user’s, to the one that had it, over its reload, until it is gone', async () => {
    const t = testMonitor();
    const first = running(t, 'first', 'user');
    running(t, 'second', 'user');
    const reloaded = running(t, 'first', 'user', { generation: 2 });
    ends(t, first);
    expect(await answering(t)).toEqual(['first']);
    expect(refused(t)).toEqual([['second', expect.stringMatching(/second is not asked: the plugin first serves one of this id already/)]]);
    ends(t, reloaded);
    expect(await answering(t)).toEqual(['second']);
  });

  it('shows on request what was asked of the one that answered', async () => {
    const t = testMonitor();
    running(t, 'models', 'bundled');
    running(t, 'mine', 'user');
    hours(t, 1);
    t.tick({ symbol: 0, at: WEDNESDAY + HOUR + 60_000, bid: 1.5 });
    const report = await analyse(
      { monitor: t.monitor, tier: () => 'free', symbols: () => [{ symbol: 'EURUSD', allowed: true }], now: () => t.clock.now },
      'EURUSD',
    );
    expect(report.answers).toMatchObject([{ plugin: 'models', model: { question: 'the last close, says models' } }]);
    expect(report.heldBack).toMatchObject([{ model: 'last_close', reason: expect.stringMatching(OF_THE_BUNDLED) as string }]);
  });
});
