import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cheapBuiltins } from './cheap-builtins.ts';

/** The three ways in which what goes into a bundle asks for a module of Node's. */
const SOURCES = {
  'entry.mjs': `
import { Agent, createServer } from 'node:http';
import https from 'https';
import * as tls from 'node:tls';
import required from './required.cjs';
const before = process.moduleLoadList.filter((name) => /undici|tls\\/wrap|NativeModule (https|tls)$/.test(name));
class Own extends https.Agent {}
console.log(JSON.stringify({
  before,
  agent: new Agent({ keepAlive: true }).keepAlive,
  listening: await new Promise((resolve) => { const server = createServer().listen(0, '127.0.0.1', () => { resolve(server.listening); server.close(); }); }),
  own: new Own() instanceof https.Agent,
  tls: typeof tls.connect,
  version: tls.DEFAULT_MAX_VERSION,
  required: required(),
}));
`,
  'required.cjs': `
const http = require('http');
const https = require('https');
module.exports = () => [typeof http.request, typeof https.request, http.STATUS_CODES[404]];
`,
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'builtins-'));
  for (const [name, text] of Object.entries(SOURCES)) writeFileSync(path.join(dir, name), text);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('a bundle has all of http, https and tls, and loads none of undici and tls before it uses them', async () => {
  const build = await rolldown({ input: path.join(dir, 'entry.mjs'), platform: 'node', plugins: [cheapBuiltins] });
  await build.write({ dir: path.join(dir, 'dist'), format: 'esm' });
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(dir, 'dist', 'entry.js')]);
  expect(JSON.parse(stdout)).toEqual({
    before: [],
    agent: true,
    listening: true,
    own: true,
    tls: 'function',
    version: 'TLSv1.3',
    required: ['function', 'function', 'Not Found'],
  });
});
