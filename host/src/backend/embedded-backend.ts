import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Tier } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';
import { CLOCK_TOLERANCE_S, KeySet, TokenVerifier } from '../entitlement/token-verifier.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend, BackendCredentials } from './backend.ts';
import { Latest } from './latest.ts';

/** What the gateway process tells over IPC; see plugins/websocket/README.md. */
const GatewayMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('listening'), url: z.url({ protocol: /^wss?$/ }), jwks: KeySet, token: z.string() }),
  z.object({ type: z.literal('token'), token: z.string() }),
]);

const RESTART_MS = { first: 250, longest: 10_000 };
/** After so many failures in a row the port may be somebody else's: it takes any. */
const ANY_PORT_AFTER = 4;
const STOP_MS = 3_000;

export interface EmbeddedBackendOptions {
  /** Absolute path of the gateway's module. */
  readonly module: string;
  readonly dataDir: string;
  readonly userId: string;
  readonly tier: Tier;
  readonly log: Log;
  /** How soon it is started again after it died, doubling with each failure in a row. 250 ms to 10 s where it is not given. */
  readonly restartMs?: { readonly first: number; readonly longest: number };
}

/**
 * The gateway that a transport plugin ships, run as a child process on loopback where no backend is configured. It signs the tenant's token
 * itself. When it dies it is started again, on the same port as long as it can have that.
 */
export class EmbeddedBackend implements Backend {
  readonly authority = 'embedded gateway';
  readonly #options: EmbeddedBackendOptions;
  readonly #verifier = new Latest<TokenVerifier>();
  readonly #credentials = new Latest<BackendCredentials>();
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | null = null;
  #failures = 0;
  #stopping = false;

  constructor(options: EmbeddedBackendOptions) {
    this.#options = options;
  }

  get description(): string {
    return `embedded gateway at ${this.#credentials.now?.url ?? '(starting)'}`;
  }

  verifier(): Promise<TokenVerifier> {
    return this.#verifier.get();
  }

  /** It tells its keys each time it starts. */
  freshVerifier(): Promise<TokenVerifier> {
    return this.#verifier.get();
  }

  credentials(): Promise<BackendCredentials> {
    return this.#credentials.get();
  }

  get credentialsNow(): BackendCredentials | null {
    return this.#credentials.now;
  }

  onCredentials(listener: (credentials: BackendCredentials) => void): () => void {
    return this.#credentials.onSet(listener);
  }

  /** Process id of the gateway while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { module, dataDir, userId, tier } = this.#options;
    const args = ['serve', '--port', this.#port(), '--data', dataDir, '--issue-user', userId, '--issue-tier', tier];
    const child = fork(module, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...systemEnvironment(), TICKHUB_EMBEDDED: '1' },
      execArgv: [],
      windowsHide: true,
    });
    this.#child = child;
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#onOutput(line));
    child.on('message', (message) => this.#onMessage(message));
    child.on('error', (error) => {
      // One that could not be started has no exit to tell.
      if (child.pid === undefined) this.#onEnd(`could not be started: ${error.message}`);
    });
    child.on('exit', (code, signal) => this.#onEnd(`ended (${signal ?? `exit code ${code}`})`));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
      // It ends, its ledger committed, when its IPC channel closes.
      if (child.connected) child.disconnect();
    });
  }

  #port(): string {
    const known = this.#credentials.now;
    return known === null || this.#failures > ANY_PORT_AFTER ? '0' : new URL(known.url).port;
  }

  /** Its own marks of level lead the line; see plugins/websocket/src/gateway/main.ts. */
  #onOutput(line: string): void {
    const [, level, text = ''] = /^(?:(warn|error): )?(.*)$/.exec(line.trim()) ?? [];
    if (text !== '') this.#options.log[level === 'warn' || level === 'error' ? level : 'info'](text);
  }

  #onMessage(raw: unknown): void {
    const parsed = GatewayMessage.safeParse(raw);
    if (!parsed.success) {
      this.#options.log.warn('the embedded gateway sent a message that is not understood');
      return;
    }
    const { userId } = this.#options;
    const message = parsed.data;
    if (message.type === 'listening') {
      this.#failures = 0;
      this.#verifier.set(new TokenVerifier(message.jwks, { clockToleranceS: CLOCK_TOLERANCE_S }));
      this.#credentials.set({ url: message.url, userId, token: message.token });
    } else {
      const known = this.#credentials.now;
      if (known !== null) this.#credentials.set({ ...known, token: message.token });
    }
  }

  #onEnd(how: string): void {
    this.#child = null;
    if (this.#stopping) return;
    const { first, longest } = this.#options.restartMs ?? RESTART_MS;
    const delay = Math.min(first * 2 ** this.#failures++, longest);
    this.#options.log.warn(`the embedded gateway ${how}; starting it again in ${delay} ms`);
    this.#restart = setTimeout(() => this.start(), delay);
  }
}

/** What a child of this host needs to run at all; nothing of the user's environment besides. */
function systemEnvironment(): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of ['SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'NODE_COMPILE_CACHE']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
