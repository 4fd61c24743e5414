import { LinkError } from '../link/errors.ts';
import { LinkCode } from '../link/wire.ts';
import { HeldBack } from './held-back.ts';
import { Terminal } from './terminal.ts';
import { TerminalSession } from './terminal-session.ts';
import type { Hello } from '../link/frames.ts';
import type { Link, LinkSession } from '../link/link.ts';
import type { SessionDeps, SessionOptions } from './options.ts';

/** All terminals that were ever connected, by their EA's id: each is a source of its own, and has one connection at most. */
export class Terminals {
  readonly heldBack: HeldBack;
  readonly #options: SessionOptions;
  readonly #deps: SessionDeps;
  readonly #byId = new Map<string, Terminal>();
  /** Those that another program's bridge shows. */
  readonly #bridged = new Set<string>();

  constructor(options: SessionOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    this.heldBack = new HeldBack(deps.clock, deps.log);
    for (const verdict of deps.gate.verdicts.values()) if (!verdict.allowed) this.heldBack.see(verdict);
    deps.gate.onChange((changed) => {
      for (const verdict of changed) {
        this.heldBack.see(verdict);
        for (const { feeds, session } of this.#byId.values()) {
          const feed = feeds.get(verdict.symbol);
          if (feed !== undefined) session?.regate(feed);
        }
      }
    });
  }

  /** Those with an EA of ours. */
  get all(): readonly Terminal[] {
    return [...this.#byId.values()].filter(({ eaId }) => !this.#bridged.has(eaId));
  }

  get(id: string): Terminal | undefined {
    return this.#byId.get(id);
  }

  /**
   * @param options where they differ from those of all terminals: another program's bridge.
   * @throws {LinkError} DUPLICATE_EA while a live connection has this id.
   */
  admit(hello: Hello, link: Link, options: SessionOptions = this.#options): LinkSession {
    const { eaId } = hello;
    const terminal = this.#byId.get(eaId) ?? new Terminal(eaId, options, this.#deps);
    const other = terminal.session;
    if (other !== null) {
      if (other.link.silentMs <= this.#options.silenceMs) {
        throw new LinkError(LinkCode.duplicateEa, `a terminal is already connected as ${eaId}; give this one another name`);
      }
      other.link.destroy('it fell silent, and a new connection took its place');
    }
    this.#byId.set(eaId, terminal);
    if (options !== this.#options) this.#bridged.add(eaId);
    const session = new TerminalSession(terminal, link, hello, options, this.#deps);
    terminal.session = session;
    terminal.changedAt = this.#deps.clock.monotonic();
    this.#deps.log.info(`terminal ${eaId} is connected`, { server: hello.server, build: hello.terminalBuild });
    return session;
  }
}
