import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultDataDir, loadConfig } from './load.ts';

async function load(options: { text?: string | Buffer; env?: NodeJS.ProcessEnv; set?: string[]; named?: boolean }) {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-config-'));
  const file = path.join(dataDir, 'config.json');
  if (options.text !== undefined) await writeFile(file, options.text);
  return loadConfig({ dataDir, file: { path: file, named: options.named ?? false }, env: options.env ?? {}, set: options.set ?? [] });
}

describe('loadConfig', () => {
  it('needs no file', async () => {
    expect(await load({})).toMatchObject({ tenant: 'local', log: { level: 'info' }, embeddedBackend: { tier: 'pro' } });
  });

  it('lays flags over the environment over the file over the defaults', async () => {
    const config = await load({
      text: '{"tenant":"file","log":{"level":"warn"},"controlPort":1}',
      env: { TICKHUB_TENANT: 'env', TICKHUB_LOG_LEVEL: 'error' },
      set: ['tenant=flag'],
    });
    expect(config).toMatchObject({ tenant: 'flag', log: { level: 'error' }, controlPort: 1, spool: { budgetMb: 1000 } });
  });

  it('takes JSON values and plain strings in --set', async () => {
    const config = await load({ set: ['plugins.mt5.port=47801', 'plugins.mt5.symbols=["EURUSD"]', 'plugins.mt5.mode=replay'] });
    expect(config.plugins['mt5']).toEqual({ port: 47801, symbols: ['EURUSD'], mode: 'replay' });
  });

  it('takes the environment as text, where text is wanted', async () => {
    const config = await load({ env: { TICKHUB_TENANT: '12345', TICKHUB_CONTROL_PORT: '47900' } });
    expect(config).toMatchObject({ tenant: '12345', controlPort: 47_900 });
  });

  it('bears a byte order mark', async () => {
    expect(await load({ text: '\uFEFF{"tenant":"bom"}' })).toMatchObject({ tenant: 'bom' });
    expect(await load({ text: Buffer.from('\uFEFF{"tenant":"powershell"}', 'utf16le') })).toMatchObject({ tenant: 'powershell' });
  });

  it.each<[string, Parameters<typeof load>[0], RegExp]>([
    ['a file that is no JSON', { text: '{tenant}' }, /config\.json: is not JSON/],
    ['a file that is a list', { text: '[]' }, /one JSON object/],
    ['a named file that is missing', { named: true }, /cannot be read \(ENOENT\)/],
    ['an unknown key', { text: '{"tenat":"x"}' }, /config\.json: .*"tenat"/],
    ['a wrong value in the file', { text: '{"log":{"level":"loud"}}' }, /config\.json: "log\.level": /],
    ['a wrong variable, by its name', { env: { TICKHUB_TIER: 'gold' } }, /TICKHUB_TIER: "embeddedBackend\.tier": /],
    ['a wrong flag, by its name', { set: ['controlPort=99999'] }, /--set controlPort: "controlPort": /],
    ['a backend without a token', { text: '{"backend":{"url":"wss://x","jwks":"k"}}' }, /config\.json: "backend\.token" is missing$/],
    ['a flag without a value', { set: ['controlPort'] }, /write it as key=value/],
    [
      'a token in the place of a reference',
      { text: '{"backend":{"url":"wss://x","jwks":"k","token":"eyJabc"}}' },
      /"backend\.token": .*never the token itself/,
    ],
    ['a key that reaches for the prototype', { set: ['__proto__.polluted=1'] }, /__proto__/],
    ['such a key in the file', { text: '{"__proto__":{"polluted":1}}' }, /__proto__/],
    ['such a key further down', { text: '{"log":{"__proto__":{"polluted":1}}}' }, /__proto__/],
    [
      'keys from afar over plain http',
      { set: ['backend={"url":"wss://x","jwks":"http://x/","token":"env:T"}'] },
      /"backend\.jwks": .*https/,
    ],
    ['a tenant that Windows cannot name a folder after', { set: ['tenant=nul.x'] }, /"tenant"/],
    ['a tenant whose folder Windows would name otherwise', { set: ['tenant=a.'] }, /"tenant"/],
  ])('refuses %s', async (_what, options, message) => {
    await expect(load(options)).rejects.toThrow(message);
    expect('polluted' in {}).toBe(false);
  });

  it('never repeats a token that stands where a reference should', async () => {
    const error = await load({ text: '{"backend":{"url":"wss://x","jwks":"k","token":"eyJabc"}}' }).catch((caught: Error) => caught);
    expect(String(error)).not.toContain('eyJabc');
  });
});

describe('defaultDataDir', () => {
  it('follows each platform', () => {
    expect(defaultDataDir({ LOCALAPPDATA: 'C:\\L' }, 'win32')).toContain('Tickhub');
    expect(defaultDataDir({}, 'darwin')).toContain('Application Support');
    expect(defaultDataDir({ XDG_DATA_HOME: '/x' }, 'linux')).toBe('/x/tickhub');
    expect(defaultDataDir({ TICKHUB_DATA: '/d' }, 'win32')).toBe(path.resolve('/d'));
  });
});
