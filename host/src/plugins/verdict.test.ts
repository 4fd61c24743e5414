import { PluginManifest } from '@tickhub/plugin-sdk/host';
import type { PluginManifestInput } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import type { PluginState } from './state.ts';
import { stopWaves, verdicts } from './verdict.ts';
import type { Judged } from './verdict.ts';

function plugin(id: string, state: PluginState, more: Partial<PluginManifestInput> = {}): Judged {
  return {
    state,
    manifest: PluginManifest.parse({ id, version: '1.0.0', kind: 'data-source', sdk: '^0.1.0', entry: 'index.js', ...more }),
  };
}

describe('verdicts', () => {
  it.each([
    ['free', 'free', true],
    ['free', 'pro', false],
    ['free', 'enterprise', false],
    ['pro', 'free', true],
    ['pro', 'pro', true],
    ['pro', 'enterprise', false],
    ['enterprise', 'enterprise', true],
  ] as const)('with the tier %s a plugin that needs %s may run: %s', (tier, needs, run) => {
    const verdict = verdicts([plugin('a', 'resolved', { tier: needs })], tier).get('a');
    expect(verdict?.run).toBe(run);
    if (!run)
      expect(verdict).toMatchObject({ state: 'gated', detail: needs, reason: `needs the tier ${needs}, the subscription is ${tier}` });
  });

  const reader = (state: PluginState, range = '^1.0.0'): Judged => plugin('reader', state, { requires: { ticks: range } });
  const source = (state: PluginState, version = '1.2.0'): Judged => plugin('source', state, { provides: { ticks: version } });

  it('lets a plugin run when what it requires runs in a fitting version', () => {
    expect(verdicts([reader('resolved'), source('running')], 'free').get('reader')).toEqual({ run: true });
    expect(verdicts([reader('resolved'), source('degraded')], 'free').get('reader')).toEqual({ run: true });
  });

  it.each([
    [[], 'requires ticks ^1.0.0: no plugin provides it'],
    [[source('running', '2.0.0')], 'requires ticks ^1.0.0: there is 2.0.0 from source'],
    [[source('starting')], 'requires ticks ^1.0.0: source is starting'],
    [[source('quarantined')], 'requires ticks ^1.0.0: source is quarantined'],
  ])('blocks it otherwise, and says by what', (others, reason) => {
    expect(verdicts([reader('resolved'), ...others], 'free').get('reader')).toEqual({
      run: false,
      state: 'blocked',
      detail: 'ticks',
      reason,
    });
  });

  it.each(['crashed', 'backoff', 'resolved', 'starting'] as const)('lets one that runs hold on while its provider is %s', (state) => {
    expect(verdicts([reader('running'), source(state)], 'free').get('reader')).toEqual({ run: true });
  });

  it.each(['quarantined', 'stopped', 'gated', 'draining'] as const)('takes one that runs down when its provider is %s', (state) => {
    expect(verdicts([reader('running'), source(state)], 'free').get('reader')).toMatchObject({ run: false, state: 'blocked' });
  });

  it('names a circle', () => {
    const a = plugin('a', 'blocked', { requires: { y: '*' }, provides: { x: '1.0.0' } });
    const b = plugin('b', 'blocked', { requires: { x: '*' }, provides: { y: '1.0.0' } });
    expect(verdicts([a, b], 'free').get('a')).toMatchObject({ reason: 'requires y *: circular: a needs b needs a' });
  });

  it('is not misled by names of Object.prototype', () => {
    expect(verdicts([plugin('a', 'resolved', { requires: { constructor: '*' } })], 'free').get('a')).toMatchObject({ state: 'blocked' });
  });
});

describe('stopWaves', () => {
  it('stops those first that nobody needs', () => {
    const manifests = [
      plugin('source', 'running', { provides: { ticks: '1.0.0' } }),
      plugin('model', 'running', { requires: { ticks: '*' }, provides: { analysis: '1.0.0' } }),
      plugin('transport', 'running', { requires: { analysis: '*' } }),
      plugin('other', 'running'),
    ].map(({ manifest }) => manifest);
    expect(stopWaves(manifests)).toEqual([['transport', 'other'], ['model'], ['source']]);
  });

  it('ends with a circle too', () => {
    const a = plugin('a', 'blocked', { requires: { y: '*' }, provides: { x: '1.0.0' } }).manifest;
    const b = plugin('b', 'blocked', { requires: { x: '*' }, provides: { y: '1.0.0' } }).manifest;
    expect(stopWaves([a, b])).toEqual([['a', 'b']]);
  });
});
