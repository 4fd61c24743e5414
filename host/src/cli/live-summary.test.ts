import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostStatus } from '../control/status.ts';
import { statusFixture } from '../control/status.fixture.ts';
import { LiveSummary } from './live-summary.ts';

const ESC = '\u001B';

/** What a terminal shows of the few sequences that the summary uses. */
class Screen {
  columns: number | undefined = 80;
  rows: number | undefined = 40;
  lines: string[] = [''];
  #row = 0;
  writes = 0;

  write(text: string): void {
    this.writes++;
    for (const [, up, clearLine, clearBelow, end, start, plain] of text.matchAll(
      // eslint-disable-next-line no-control-regex -- it is what a terminal is told with.
      /\u001B\[(\d+)A|(\u001B\[2K)|(\u001B\[J)|(\n)|(\r)|([^\u001B\r\n]+)/g,
    )) {
      if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up));
      else if (clearLine !== undefined) this.lines[this.#row] = '';
      else if (clearBelow !== undefined) this.lines.length = this.#row + 1;
      else if (end !== undefined) this.lines[++this.#row] ??= '';
      else if (start === undefined) this.lines[this.#row] += plain ?? '';
    }
  }

  get shown(): string[] {
    return this.lines.slice(0, -1);
  }
}

let screen: Screen;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  screen = new Screen();
});
afterEach(() => void vi.useRealTimers());

const line = (message: string, level: 'info' | 'warn' | 'error' = 'info', fields = {}) => ({ level, message, fields });

/** Draws once more. */
async function redraw(): Promise<void> {
  const { writes } = screen;
  vi.advanceTimersByTime(500);
  await vi.waitFor(() => expect(screen.writes).toBeGreaterThan(writes));
}

async function started(status: () => Promise<HostStatus> = () => Promise.resolve(statusFixture())): Promise<LiveSummary> {
  const summary = new LiveSummary(screen, status);
  summary.start();
  await vi.waitFor(() => expect(screen.writes).toBeGreaterThan(0));
  return summary;
}

describe('LiveSummary', () => {
  it('draws in place: the picture grows and shrinks, and nothing of the one before stays', async () => {
    let symbols = 1;
    const [, symbol] = statusFixture().symbols;
    if (symbol === undefined) throw new Error('the fixture has two');
    const summary = await started(() =>
      Promise.resolve(statusFixture({ symbols: Array.from({ length: symbols }, (_, i) => ({ ...symbol, symbol: `SYM${i}` })) })),
    );
    const small = screen.shown;
    symbols = 6;
    await redraw();
    expect(screen.shown).toHaveLength(small.length + 5);
    expect(screen.shown.filter((text) => text.startsWith('Tickhub '))).toHaveLength(1);
    symbols = 1;
    await redraw();
    expect(screen.shown).toEqual(small);
    await summary.stop();
  });

  it('shows the last six notes, with plugin and gravity, each in one line', async () => {
    const summary = await started();
    summary.note(line('oldest'));
    for (let n = 1; n <= 4; n++) summary.note(line(`note ${n}`));
    summary.note(line('two\nlines', 'warn', { plugin: 'mt5' }));
    summary.note(line('bad', 'error'));
    await redraw();
    const text = screen.shown.join('\n');
    expect(text).not.toContain('oldest');
    expect(text).toMatch(/\d\d:\d\d:\d\d note 1\n/);
    expect(text).toContain('warn [mt5] two lines');
    expect(text).toContain('ERROR bad');
    expect(screen.shown.at(-1)).toBe('Ctrl-C drains and stops.');
    await summary.stop();
  });

  it.each([
    [30, 10],
    [80, 5],
    [200, 60],
    [1, 3],
  ])('fits a window of %d columns and %d rows', async (columns, rows) => {
    screen.columns = columns;
    screen.rows = rows;
    const summary = await started();
    expect(screen.shown.length).toBeLessThan(rows);
    for (const text of screen.shown) expect(text.length).toBeLessThan(Math.max(2, columns));
    await redraw();
    expect(screen.lines.length).toBeLessThanOrEqual(rows);
    await summary.stop();
  });

  it('says that there is more than fits', async () => {
    screen.rows = 8;
    const summary = await started();
    expect(screen.shown.at(-1)).toBe('(enlarge the window for the rest)');
    await summary.stop();
  });

  it('takes a terminal that does not know its size for one of 100 to 40', async () => {
    for (const size of [undefined, 0]) {
      screen = new Screen();
      screen.columns = size;
      screen.rows = size;
      const summary = await started();
      expect(screen.shown.at(-1)).toBe('Ctrl-C drains and stops.');
      await summary.stop();
    }
  });

  it('lets no plugin move the cursor, clear the screen or break a line', async () => {
    const [mt5] = statusFixture().plugins;
    if (mt5 === undefined) throw new Error('the fixture has plugins');
    const summary = await started(() =>
      Promise.resolve(statusFixture({ plugins: [{ ...mt5, detail: `${ESC}[2J${ESC}]0;owned\u0007\nfine\u009B1m` }] })),
    );
    summary.note(line(`${ESC}[5A note`));
    await redraw();
    const text = screen.shown.join('\n');
    // eslint-disable-next-line no-control-regex -- these must not be there.
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(text).toContain('fine');
    expect(screen.shown.some((shown) => shown.startsWith('fine'))).toBe(false);
    await summary.stop();
  });

  it('outlives a status that fails, and says so', async () => {
    let fails = false;
    const summary = await started(() => (fails ? Promise.reject(new Error('the spool is closed')) : Promise.resolve(statusFixture())));
    fails = true;
    await redraw();
    expect(screen.shown.join('\n')).toContain('the spool is closed');
    fails = false;
    await redraw();
    expect(screen.shown[0]).toMatch(/^Tickhub /);
    await summary.stop();
  });

  it('draws what is so at the stop, leaves it standing, and nothing after it', async () => {
    let taken = 1;
    const summary = await started(() => Promise.resolve(statusFixture({ ticks: { ...statusFixture().ticks, taken } })));
    taken = 777;
    await summary.stop();
    expect(screen.shown.join('\n')).toContain('777 taken');
    const { writes } = screen;
    vi.advanceTimersByTime(5_000);
    await summary.stop();
    expect(screen.writes).toBe(writes);
  });

  it('does not ask for a status while it waits for one', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<HostStatus>();
    const summary = new LiveSummary(screen, () => {
      asked++;
      return answer.promise;
    });
    summary.start();
    vi.advanceTimersByTime(5_000);
    expect(asked).toBe(1);
    answer.resolve(statusFixture());
    await summary.stop();
  });
});
