/**
 * Stands where the embedded gateway's process stands, and does what a test tells it: each line of JSON on its port is an order.
 * `{"say": X}` sends X to the host over IPC, `{"end": CODE}` ends the process, `{"write": TEXT}` writes to stderr, `{"deaf": true}` makes it ignore
 * the end of its IPC channel. Its keys and its arguments are in its data folder.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';

const { values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, data: { type: 'string' }, 'issue-user': { type: 'string' }, 'issue-tier': { type: 'string' } },
});
const dir = values.data ?? '.';
mkdirSync(dir, { recursive: true });
writeFileSync(path.join(dir, 'started.json'), JSON.stringify({ argv: process.argv.slice(2), env: process.env }));

const keyFile = path.join(dir, 'key.json');
if (!existsSync(keyFile)) {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  writeFileSync(keyFile, JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'g', alg: 'EdDSA' }));
}
const { d: _secret, ...publicKey } = JSON.parse(readFileSync(keyFile, 'utf8'));
const token = await new SignJWT({ tier: values['issue-tier'] })
  .setProtectedHeader({ alg: 'EdDSA', kid: 'g' })
  .setSubject(values['issue-user'] ?? '')
  .setExpirationTime('1h')
  .sign(await importJWK(JSON.parse(readFileSync(keyFile, 'utf8')), 'EdDSA'));

let isDeaf = false;
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    const order = JSON.parse(line);
    if ('say' in order) process.send?.(order.say);
    if ('write' in order) process.stderr.write(order.write);
    if ('deaf' in order) isDeaf = order.deaf;
    if ('end' in order) process.exit(order.end);
    socket.end('done\n');
  });
});
server.on('error', (error) => {
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  process.send?.({ type: 'listening', url: `ws://127.0.0.1:${server.address().port}/`, jwks: { keys: [publicKey] }, token });
});
process.on('disconnect', () => {
  if (!isDeaf) process.exit(0);
});
