import { describe, expect, it } from 'vitest';
import { timeAxis } from './axes.ts';
import { breachPlot, forecastPlot, reliabilityPlot, timelinePlot } from './index.ts';

const DAY = 86_400_000;
const time = Array.from({ length: 800 }, (_, i) => Date.UTC(2018, 0, 15) + i * DAY);
const wave = (i: number): number => 0.006 + 0.003 * Math.sin(i / 40);
const outcome = time.map((_, i) => wave(i) * 1.3 * Math.sin(i * 12.9898));
const plots = {
  reliability: reliabilityPlot('Said <and> came', [
    {
      label: 'up & down',
      bins: [
        { said: 0.2, came: 0.25, count: 10 },
        { said: 0.8, came: 0.7, count: 90 },
      ],
    },
  ]),
  breaches: breachPlot('Breaches', { time, outcome, lower: time.map((_, i) => -1.2 * wave(i)), upper: time.map((_, i) => 1.2 * wave(i)) }),
  forecast: forecastPlot(
    'Forecast',
    time.map((_, i) => wave(i)),
    outcome.map((value) => Math.abs(value) + 0.001),
  ),
  timeline: timelinePlot(
    'Over time',
    time,
    time.map((_, i) => wave(i)),
    outcome.map(Math.abs),
  ),
};

describe('plots', () => {
  it.each(Object.entries(plots))('%s is whole XML with finite places, in light and dark', (_, svg) => {
    const open: string[] = [];
    for (const [, close, name, own] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!own) open.push(name as string);
    }
    expect(open).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('mark each breach, and no other outcome', () => {
    const breaches = outcome.filter((value, i) => Math.abs(value) > 1.2 * wave(i)).length;
    expect(breaches).toBeGreaterThan(10);
    // One more is the legend's.
    expect(plots.breaches.match(/<circle class="red"/g)?.length).toBe(breaches + 1);
  });

  it('escape what they are given', () => {
    expect(plots.reliability).toContain('Said &lt;and> came');
    expect(plots.reliability).toContain('up &amp; down');
  });

  it('have a tick at each New Year', () => {
    expect(timeAxis(Date.UTC(2018, 0, 15), Date.UTC(2021, 1, 28)).ticks).toEqual(
      [2019, 2020, 2021].map((year) => ({ at: Date.UTC(year, 0, 1), label: String(year) })),
    );
  });
});
