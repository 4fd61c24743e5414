import type { Axis } from './frame.ts';

/** An axis over the values, with about `count` ticks at round numbers. */
export function linearAxis(label: string, from: number, to: number, print: (value: number) => string, count = 6): Axis {
  const rough = (to - from) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((multiple) => multiple * power >= rough) ?? 10) * power;
  const ticks = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) ticks.push({ at: i * step, label: print(i * step) });
  return { label, from, to, ticks };
}

/** An axis of logarithms (base 10), labelled with what they are the logarithms of: 1, 2, 5, 10 ... */
export function logAxis(label: string, from: number, to: number, print: (value: number) => string): Axis {
  const ticks = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power++) {
    for (const multiple of [1, 2, 5]) {
      const at = power + Math.log10(multiple);
      if (at >= from && at <= to) ticks.push({ at, label: print(multiple * 10 ** power) });
    }
  }
  return { label, from, to, ticks };
}

/** An axis of Unix milliseconds with a tick at each New Year, or at each quarter where there are less than two years. */
export function timeAxis(from: number, to: number): Axis {
  const ticks = [];
  const months = to - from > 2 * 365 * 86_400_000 ? 12 : 3;
  for (let month = 0; ; month += months) {
    const at = Date.UTC(new Date(from).getUTCFullYear(), month);
    if (at > to) break;
    if (at >= from) ticks.push({ at, label: new Date(at).toISOString().slice(0, months === 12 ? 4 : 7) });
  }
  return { label: '', from, to, ticks };
}
