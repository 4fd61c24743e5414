import { describe, expect, it } from 'vitest';
import { describeModel, HOUR, ScriptedPlugin, testMonitor, WEDNESDAY } from './analysis.fixture.ts';

const MINUTE = 60_000;

/** A monitor with one plugin, and a first bar behind it: 10:00 to 11:00, closed by the tick of 11:00. */
function afterOneBar(plugin = new ScriptedPlugin('models', [describeModel()])) {
  const t = testMonitor();
  t.analysts.add(plugin.analyst);
  t.tick(
    { symbol: 0, at: WEDNESDAY, bid: 1.1 },
    { symbol: 0, at: WEDNESDAY + 59 * MINUTE, bid: 1.2 },
    { symbol: 0, at: WEDNESDAY + HOUR, bid: 1.3 },
  );
  return { ...t, plugin };
}

describe('the market monitor', () => {
  it('asks about each bar as it closes, and publishes what is answered', async () => {
    const t = afterOneBar();
    t.tick({ symbol: 0, at: WEDNESDAY + 2 * HOUR, bid: 1.4 });
    const bodies = await t.bodies();
    expect(bodies).toMatchObject([
      { kind: 'model', model: 'last_close', symbol: 'EURUSD', at: WEDNESDAY + HOUR, value: 1.2, inputs: { count: 1 } },
      { kind: 'model', model: 'last_close', symbol: 'EURUSD', at: WEDNESDAY + 2 * HOUR, value: 1.3, inputs: { count: 2 } },
    ]);
    expect(t.published[0]).toMatchObject({
      plugin: 'models',
      stream: 'analysis',
      source: 'models',
      records: [{ key: `last_close EURUSD ${WEDNESDAY + HOUR}`, time: WEDNESDAY + HOUR, symbol: 'EURUSD' }],
    });
    expect(t.plugin.asked).toEqual([[WEDNESDAY], [WEDNESDAY + HOUR]]);
  });
});
