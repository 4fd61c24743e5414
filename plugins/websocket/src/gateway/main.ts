/** Entry of tickhub-gateway: standalone by bin/tickhub-gateway.mjs, embedded as a child of the host. */
import { mkdirSync, readFileSync } from 'node:fs';
import { z } from '@tickhub/plugin-sdk';
import type { JWK } from 'jose';
import { HELP, parseCommand } from './arguments.ts';
import type { Command, ServeCommand } from './arguments.ts';
import { EmbeddedLink } from './embedded.ts';
import { GatewayError } from './errors.ts';
import { Gateway } from './gateway.ts';
import { printLedger } from './print-ledger.ts';
import { loadSigningKey } from './signing-key.ts';
import { Tokens } from './tokens.ts';

const embedded = process.env['TICKHUB_EMBEDDED'] === '1';

function log(level: 'info' | 'warn' | 'error', text: string): void {
  // The host adds time and source itself.
  const head = embedded ? '' : `${new Date().toISOString()} `;
  process.stderr.write(`${head}${level === 'info' ? '' : `${level}: `}${text}\n`);
}

function fail(error: unknown): void {
  log('error', error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof GatewayError && error.code === 'GATEWAY_USAGE' ? 2 : 1;
}

async function run(command: Command): Promise<void> {
  switch (command.command) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'issue': {
      mkdirSync(command.dataDir, { recursive: true, mode: 0o700 });
      const tokens = new Tokens(await loadSigningKey(command.dataDir));
      const { user: userId, tier, expires: expiresIn } = command;
      process.stdout.write(`${await tokens.issueToken({ userId, tier, expiresIn })}\n`);
      return;
    }
    case 'ledger':
      await printLedger(command, process.stdout);
      return;
    case 'serve':
      await serve(command);
  }
}

async function serve(command: ServeCommand): Promise<void> {
  const gateway = await Gateway.start({
    ...command,
    trust: { keys: command.jwks === null ? [] : readKeys(command.jwks), issuers: command.issuers },
    log,
    onFatal: (error) => {
      fail(error);
      process.exit();
    },
  });
  if (!['127.0.0.1', '::1', 'localhost'].includes(command.host)) {
    log('warn', `listening on ${command.host}: tokens and data cross the network in the clear; put a TLS proxy in front`);
  }
  const link = command.issueUser === null ? null : embeddedLink(gateway, command, command.issueUser);
  let stopping: Promise<void> | null = null;
  const stop = (): void => {
    stopping ??= gateway.close().then(() => {
      link?.stop();
      if (process.connected) process.disconnect?.();
    }, fail);
  };
  // Ctrl-C and the end of a session reach the whole process group. Embedded, the host still has ticks to drain into this gateway, and says when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, link === null ? stop : () => undefined);
  if (link !== null) {
    process.on('message', (message) => void link.onMessage(message).catch(fail));
    process.on('disconnect', stop);
    await link.announce();
  }
  log('info', `listening on ws://${command.host}:${gateway.port}/ws/client/{user_id}, ledger in ${command.dataDir}`);
}

function embeddedLink(gateway: Gateway, command: ServeCommand, userId: string): EmbeddedLink {
  if (process.send === undefined)
    throw new GatewayError('GATEWAY_USAGE', '--issue-user is for a host that runs the gateway as its child; use the command issue');
  return new EmbeddedLink({
    gateway,
    userId,
    tier: command.issueTier,
    expiresIn: command.issueExpires,
    send: (message) => void (process.connected && process.send?.(message)),
    warn: (text) => log('warn', text),
  });
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

function readKeys(file: string): JWK[] {
  try {
    return KeySet.parse(JSON.parse(readFileSync(file, 'utf8'))).keys as JWK[];
  } catch (error) {
    throw new GatewayError('GATEWAY_KEYS', `${file} is not a key set: it needs JSON with a list "keys" of public keys`, error);
  }
}

try {
  await run(parseCommand(process.argv.slice(2), embedded));
} catch (error) {
  fail(error);
  if (process.connected) process.disconnect?.();
}
