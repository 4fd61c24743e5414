import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigSchema } from './config/schema.ts';
import { hostPaths } from './host-options.ts';

vi.mock('node:fs', async (original) => {
  const fs: object = await original();
  return { ...fs, existsSync: vi.fn(() => true) };
});
afterEach(() => void vi.mocked(existsSync).mockReset().mockReturnValue(true));

const DATA = path.resolve('/data');

describe('hostPaths', () => {
  it("finds the host's parts beside it, and the user's plugins in the data folder, the config's and the command line's, in this order", () => {
    const config = ConfigSchema.parse({ pluginRoots: ['mine', path.resolve('/abs')] });
    const extra = path.resolve('/extra');
    expect(hostPaths(DATA, config, [extra])).toEqual({
      dataDir: DATA,
      bundledPlugins: path.resolve('plugins'),
      userPlugins: [path.join(DATA, 'plugins'), path.join(DATA, 'mine'), path.resolve('/abs'), extra],
      sdkDist: path.resolve('plugin-sdk/dist'),
    });
  });

  it.each(['plugins', path.join('plugin-sdk', 'dist', 'isolate.js')])('names what is missing when it is %s, and what to do', (missing) => {
    vi.mocked(existsSync).mockImplementation((file) => file !== path.resolve(missing));
    expect(() => hostPaths(DATA, ConfigSchema.parse({}), [])).toThrow(
      expect.objectContaining({ code: 'INSTALLATION', message: expect.stringMatching(/isolate\.js is missing|plugins is missing/) }),
    );
  });
});
