const LEVELS = '▁▂▃▄▅▆▇█';
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A share from 0 to 1 as a bar of up to `width` characters, to an eighth of one. */
export function shareBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return `${'█'.repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ''}`.padEnd(width);
}

/** Values as one line of blocks, from the lowest to the highest of them. */
export function sparkline(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const level = (value: number): number => (high === low ? 3 : Math.round(((value - low) / (high - low)) * (LEVELS.length - 1)));
  return values.map((value) => LEVELS[level(value)] ?? '').join('');
}

export interface Cone {
  /** What comes is within this far of the last value two times in three at the end of the cone, in units of the values. */
  readonly sigma: number;
  /** Columns of the cone. */
  readonly width: number;
}

export interface ChartRow {
  readonly text: string;
  /** The value in the middle of the row. */
  readonly value: number;
}

/** Values as points, and behind them the cone of one sigma, which grows with the root of time. Rows from the highest down. */
export function coneChart(values: readonly number[], cone: Cone, rows: number): ChartRow[] {
  const last = values.at(-1) ?? 0;
  const [low, high] = [Math.min(...values, last - cone.sigma), Math.max(...values, last + cone.sigma)];
  const step = (high - low) / rows || 1;
  const rowOf = (value: number): number => Math.min(rows - 1, Math.max(0, Math.floor((high - value) / step)));
  const reach = (column: number): number => cone.sigma * Math.sqrt((column + 1) / cone.width);
  return Array.from({ length: rows }, (_, row) => {
    const past = values.map((value) => (rowOf(value) === row ? '•' : ' ')).join('');
    const ahead = Array.from({ length: cone.width }, (_, column) => {
      const [top, bottom] = [rowOf(last + reach(column)), rowOf(last - reach(column))];
      return row < top || row > bottom ? ' ' : row === rowOf(last) ? '─' : '░';
    }).join('');
    return { text: `${past}${ahead}`, value: high - (row + 0.5) * step };
  });
}
