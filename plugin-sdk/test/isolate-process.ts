import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { IsolateMessage } from '../src/protocol/control.ts';
import type { HostMessage, NamedCursor } from '../src/protocol/control.ts';
import { PipeFrame, PipeFrameReader, pipeHeader } from '../src/protocol/pipe.ts';
import type { PipeFrameType } from '../src/protocol/pipe.ts';
import { Collector } from '../src/testing/collected.ts';

/** The program of an isolate. */
export const MAIN = fileURLToPath(new URL('../src/isolate/main.ts', import.meta.url));
const REPO = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));

/** A folder for plugins of one test file. */
export class PluginFolder {
  readonly path = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'tickhub-sdk-test-')));

  write(name: string, content: string | Uint8Array): string {
    const file = path.join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

type Of<T extends IsolateMessage['type']> = Extract<IsolateMessage, { type: T }>;

/** A real isolate, and as much of a host as drives it. */
export class IsolateProcess {
  readonly child: ChildProcess;
  readonly messages: IsolateMessage[] = [];
  readonly collected = new Collector();
  readonly frames: number[] = [];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly stderr: string[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #folder: string;

  /** @param permission runs it as the host runs a user's plugin. */
  constructor(folder: PluginFolder, options: { permission?: boolean } = {}) {
    this.#folder = folder.path;
    const args = ['--disable-warning=ExperimentalWarning'];
    if (options.permission) {
      args.push(
        '--permission',
        `--allow-fs-read=${folder.path}`,
        `--allow-fs-read=${REPO}`,
        `--allow-fs-write=${folder.path}`,
        '--no-experimental-sqlite',
      );
    }
    this.child = spawn(process.execPath, [...args, MAIN], {
      stdio: ['ignore', 'pipe', 'pipe', 'overlapped', 'ipc'],
      serialization: 'advanced',
      // What Node has compiled, as bundled plugins get it from the host.
      env: options.permission ? {} : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' },
      cwd: folder.path,
    });
    this.child.on('message', (raw) => {
      this.messages.push(IsolateMessage.parse(raw));
      this.#changed();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => this.stderr.push(chunk.toString()));
    const reader = new PipeFrameReader((type, body) => {
      this.frames.push(type);
      if (type === PipeFrame.symbols) this.collected.takeSymbols(body);
      if (type === PipeFrame.ticks) this.collected.takeTicks(body);
      if (type === PipeFrame.records) this.collected.takeRecords(body);
      this.#changed();
    });
    this.data.on('data', (chunk: Uint8Array) => reader.push(chunk));
    this.data.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal });
        this.#changed();
      });
    });
  }

  get data(): Duplex {
    return this.child.stdio[3] as unknown as Duplex;
  }

  tell(message: HostMessage): void {
    this.child.send(message);
  }

  send(type: PipeFrameType, body: Uint8Array): void {
    this.data.write(pipeHeader(type, body.byteLength));
    this.data.write(body);
  }

  /** The first message of a type at or after `from` messages; rejects when the process ends before. */
  async message<T extends IsolateMessage['type']>(type: T, matches: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
    return this.until(`a ${type} message`, () =>
      this.messages.find((message): message is Of<T> => message.type === type && matches(message as Of<T>)),
    );
  }

  /** Waits for something to become so, looking at every message and frame. */
  async until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    let ended = false;
    void this.exited.then(() => {
      ended = true;
    });
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      if (ended)
        throw new Error(`the isolate ended before ${what}; it sent ${JSON.stringify(this.messages)}, stderr: ${this.stderr.join('')}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  async load(
    file: string,
    config: Record<string, unknown> = {},
    kind: 'data-source' | 'model' | 'transport' = 'data-source',
  ): Promise<void> {
    await this.message('ready');
    this.tell({
      type: 'load',
      plugin: { id: 'demo', version: '1.2.3', kind },
      entry: pathToFileURL(file).href,
      config,
      dataDir: this.#folder,
      tenant: 'local',
      hostVersion: '0.1.0',
    });
  }

  start(terms: Partial<Omit<Extract<HostMessage, { type: 'start' }>, 'type'>> & { cursors?: NamedCursor[] } = {}): void {
    this.tell({ type: 'start', cursors: [], verdicts: [], snapshot: null, spool: null, tenant: 'local', ...terms });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
