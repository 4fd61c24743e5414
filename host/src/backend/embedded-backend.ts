import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Tier } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';
import { TokenVerifier } from '../entitlement/token-verifier.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend, BackendCredentials } from './backend.ts';
import { Latest } from './latest.ts';

/** What the gateway process tells over IPC; see plugins/websocket/README.md. */
const GatewayMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('listening'), url: z.string(), jwks: z.unknown(), token: z.string() }),
  z.object({ type: z.literal('token'), token: z.string() }),
  z.object({ type: z.literal('stats') }),
]);

const RESTART_MS = { first: 250, longest: 10_000 };

export interface EmbeddedBackendOptions {
  /** Absolute path of the gateway's module. */
  readonly module: string;
  readonly dataDir: string;
  readonly userId: string;
  readonly tier: Tier;
  readonly log: Log;
}

/**
 * The gateway that a transport plugin ships, run as a child process on loopback where no backend is configured. It signs the tenant's token itself.
 * When it dies it is started again on the same port.
 */
export class EmbeddedBackend implements Backend {
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
    const known = this.#credentials.now;
    const port = known === null ? '0' : new URL(known.url).port;
    const child = fork(module, ['serve', '--port', port, '--data', dataDir, '--issue-user', userId, '--issue-tier', tier], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...systemEnvironment(), TICKHUB_EMBEDDED: '1' },
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') this.#options.log.info(line.trim());
    });
    child.on('message', (message) => this.#onMessage(message));
    child.on('error', (error) => this.#options.log.error(`the embedded gateway could not be started: ${error.message}`));
    child.on('exit', (code, signal) => this.#onExit(code, signal));
  }

  /** Asks the gateway for a token of another tier; it becomes the tenant's credentials. */
  issue(tier: Tier): void {
    this.#child?.send({ type: 'issue', tier });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restart) clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
      child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
      // It ends, its ledger committed, when its IPC channel closes.
      if (child.connected) child.disconnect();
    });
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
      this.#verifier.set(new TokenVerifier(message.jwks, { clockToleranceS: 60 }));
      this.#credentials.set({ url: message.url, userId, token: message.token });
    } else if (message.type === 'token') {
      const known = this.#credentials.now;
      if (known !== null) this.#credentials.set({ ...known, token: message.token });
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null;
    if (this.#stopping) return;
    const delay = Math.min(RESTART_MS.first * 2 ** this.#failures++, RESTART_MS.longest);
    this.#options.log.warn(`the embedded gateway ended (${signal ?? `exit code ${code}`}); starting it again in ${delay} ms`);
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
