import { describe, expect, it } from 'vitest';
import { FEATURES_VERSION } from '../features/index.ts';
import { parseManifest } from './parse.ts';

const MODEL = { inputs: { x: { window: 48 } }, outputs: { y: { kind: 'value' } } };

/** What is said of a plugin.json with this model: `path: message remedy`. */
function told(model: unknown, rest: Record<string, unknown> = {}): string[] {
  const text = JSON.stringify({ id: 'mine', version: '1.0.0', kind: 'model', sdk: '^0.1.0', model, ...rest });
  const parsed = parseManifest(text, 'plugin.json');
  return parsed.ok ? [] : parsed.errors.map(({ path, message, remedy }) => `${path}: ${message}. ${remedy}`);
}
const withInput = (input: unknown, rest: Record<string, unknown> = {}) => ({ ...MODEL, inputs: { x: input }, ...rest });
const withOutput = (output: unknown) => ({ ...MODEL, outputs: { y: output } });

describe('the model section of plugin.json', () => {
  it('is short where the defaults do', () => {
    expect(told(MODEL)).toEqual([]);
    const text = JSON.stringify({ id: 'mine', version: '1.0.0', kind: 'model', sdk: '^0.1.0', model: MODEL });
    const parsed = parseManifest(text, 'plugin.json');
    expect(parsed.ok && parsed.manifest.model).toEqual({
      file: 'model.onnx',
      horizon: 0,
      inputs: { x: { window: 48, fields: ['close'], scaling: 'log-return', layout: 'bars-first' } },
      outputs: { y: { kind: 'value', exp: false, scale: 1, offset: 0, unit: '' } },
    });
  });

  it.each<[what: string, model: unknown, says: RegExp, rest?: Record<string, unknown>]>([
    ['an entry beside it', MODEL, /^entry: is given beside "model"; a plugin has one of them/, { entry: 'index.ts' }],
    ['another kind of plugin', MODEL, /^kind: is "data-source", and a plugin with "model" is a model/, { kind: 'data-source' }],
    ['a file elsewhere', { ...MODEL, file: '../other/model.onnx' }, /^model\.file: "\.\.\/other\/model\.onnx" lies outside the folder/],
    ['a file elsewhere, on Windows', { ...MODEL, file: 'C:\\models\\model.onnx' }, /^model\.file: .* lies outside/],
    ['a sha256 that is none', { ...MODEL, sha256: 'abc' }, /^model\.sha256: .*64 hexadecimal digits/],
    ['no inputs', { ...MODEL, inputs: {} }, /^model\.inputs: is empty; name each input tensor/],
    ['no outputs', { ...MODEL, outputs: {} }, /^model\.outputs: is empty/],
    [
      'a typing mistake in an input',
      withInput({ window: 48, scalling: 'raw' }),
      /^model\.inputs\.x\.scalling: there is no such field\. Write "scaling"/,
    ],
    [
      'a typing mistake in an output',
      withOutput({ kind: 'value', unt: '%' }),
      /^model\.outputs\.y\.unt: there is no such field\. Write "unit"/,
    ],
    ['a scaling that is none', withInput({ window: 48, scaling: 'log' }), /^model\.inputs\.x\.scaling: /],
    [
      'a feature that is none',
      withInput({ features: ['mom_24', 'mom48'] }),
      /^model\.inputs\.x\.features\.1: "mom48" is no feature of the library; the nearest is "mom_48"/,
    ],
    ['a feature far from all', withInput({ features: ['sentiment'] }), /"sentiment" is no feature of the library; there are .*logrv/],
    [
      'features of another version',
      withInput({ features: ['mom_24'] }, { featuresVersion: `${FEATURES_VERSION}0` }),
      /^model\.featuresVersion: is "\d+0", and this Tickhub has version/,
    ],
    [
      'a range of another feature',
      withInput({ features: ['mom_24'], seen: { mom_48: [0, 1] } }),
      /^model\.inputs\.x\.seen\.mom_48: is none of "features"/,
    ],
    ['a range that is none', withInput({ features: ['mom_24'], seen: { mom_24: [1, 0] } }), /is no range: 1 is not below 0/],
    ['a field twice', withInput({ window: 48, fields: ['close', 'close'] }), /^model\.inputs\.x\.fields: has "close" twice/],
    [
      'a window too short to scale',
      withInput({ window: 2, scaling: 'z-score' }),
      /^model\.inputs\.x\.window: is 2, and a scaling of "z-score" needs at least 3 bars/,
    ],
    [
      'a pointer that is none',
      withInput({ record: ['actual'] }, { stream: 'calendar' }),
      /^model\.inputs\.x\.record\.0: .*a JSON Pointer that begins with "\/"/,
    ],
    ['records without a stream', withInput({ record: ['/actual'] }), /^model\.stream: is missing: the stream whose records/],
    ['a stream without records', { ...MODEL, stream: 'news' }, /^model\.stream: is given, and no input is of "record" or "text"/],
    [
      'bars and records at once',
      { ...MODEL, stream: 'news', inputs: { x: { window: 4 }, t: { text: '/title' } } },
      /^model\.inputs\.x: is of bars, and "t" is of records/,
    ],
    ['a horizon of a record', withInput({ text: '/title' }, { stream: 'news', horizon: 4 }), /^model\.horizon: is counted in bars/],
    ['one class', withOutput({ kind: 'probabilities', classes: ['up'] }), /^model\.outputs\.y\.classes: /],
    ['a class twice', withOutput({ kind: 'probabilities', classes: ['up', 'up'] }), /^model\.outputs\.y\.classes: has a class twice/],
    ['levels that fall', withOutput({ kind: 'quantiles', levels: [0.9, 0.1] }), /^model\.outputs\.y\.levels: do not rise/],
    ['a scale of nothing', withOutput({ kind: 'value', scale: 0 }), /^model\.outputs\.y\.scale: is 0/],
    [
      'two outputs without names',
      { ...MODEL, outputs: { y: { kind: 'value' }, z: { kind: 'value', id: 'z' } } },
      /^model\.outputs\.y\.id: is missing: each of several outputs needs a name/,
    ],
    [
      'two outputs of one name',
      { ...MODEL, outputs: { y: { kind: 'value', id: 'z' }, z: { kind: 'value', id: 'z' } } },
      /^model\.outputs\.z\.id: is "z", as that of "y"/,
    ],
  ])('refuses %s', (_what, model, says, rest) => {
    const [first, ...more] = told(model, rest);
    expect(first).toMatch(says);
    expect(more).toEqual([]);
  });
});
