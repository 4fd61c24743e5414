import { expect, it } from 'vitest';
import type { GateVerdict } from '../protocol/control.ts';
import { GateView } from './gate-view.ts';

it('knows the verdicts so far, tells of those that changed, and lets through what was not judged', () => {
  const gate = new GateView([{ symbol: 'A', allowed: true }]);
  const changes: (readonly GateVerdict[])[] = [];
  gate.onChange((changed) => changes.push(changed));
  gate.take([
    { symbol: 'A', allowed: true },
    { symbol: 'B', allowed: false, reason: 'five symbols are taken' },
  ]);
  gate.take([{ symbol: 'A', allowed: true }]);
  gate.take([{ symbol: 'B', allowed: false, reason: 'the token has expired' }]);
  expect(changes.map((changed) => changed.map(({ symbol, reason }) => [symbol, reason]))).toEqual([
    [['B', 'five symbols are taken']],
    [['B', 'the token has expired']],
  ]);
  expect(['A', 'B', 'C'].map((symbol) => gate.allows(symbol))).toEqual([true, false, true]);
  expect(gate.verdicts.get('B')?.reason).toBe('the token has expired');
});
