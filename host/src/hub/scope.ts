import 'reflect-metadata';
import { container as emptyContainer } from 'tsyringe';
import type { DependencyContainer } from 'tsyringe';
import { DisposerStack } from './disposers.ts';
import type { DisposeFailure, Disposer } from './disposers.ts';
import { HubError } from './errors.ts';
import { tokenName } from './token.ts';
import type { ServiceToken } from './token.ts';

/** A service with a life: `start` after everything it was built from has started, `stop` before any of that stops. */
export interface Startable {
  start?(): void | Promise<void>;
  /** At the beginning of a close, while the scopes below are still open: finishes what is under way in them. */
  drain?(): void | Promise<void>;
  stop?(): void | Promise<void>;
}

interface Built {
  readonly name: string;
  readonly service: Startable;
}

type Constructor<T> = new (...args: never[]) => T;

/**
 * One level of the Central Hub: the host, a tenant in it, or a plugin in a tenant. A scope sees the services of the scopes above it, never
 * those beside or below it.
 *
 * Services are built when first resolved, at most once a scope. tsyringe builds what a constructor needs before the service itself, so the
 * order of construction is the order of dependency: services start in that order and stop in the reverse of it.
 */
export class Scope {
  readonly name: string;
  readonly #container: DependencyContainer;
  readonly #built: Built[] = [];
  readonly #drains = new DisposerStack();
  readonly #disposers = new DisposerStack();
  readonly #children = new Set<Scope>();
  readonly #parent: Scope | null;
  #started = 0;
  /** Ends when what was to be started so far has started, or failed to. */
  #starting: Promise<void> = Promise.resolve();
  #closing: Promise<readonly DisposeFailure[]> | null = null;

  private constructor(name: string, container: DependencyContainer, parent: Scope | null) {
    this.name = name;
    this.#container = container;
    this.#parent = parent;
  }

  /** A scope of its own with nothing above it. */
  static root(name: string): Scope {
    return new Scope(name, emptyContainer.createChildContainer(), null);
  }

  /** A scope below this one. It is closed before this one is. */
  child(name: string): Scope {
    this.#assertOpen();
    const child = new Scope(`${this.name}/${name}`, this.#container.createChildContainer(), this);
    this.#children.add(child);
    return child;
  }

  /** Registers something that is already there. It is neither started nor stopped. */
  value<T>(token: ServiceToken<T>, value: T): this {
    this.#assertNew(token);
    this.#container.register<T>(token, { useValue: value });
    return this;
  }

  /** Registers a class; its constructor's parameters name their tokens with `@inject`. */
  service<T extends object>(token: ServiceToken<T>, type: Constructor<T>): this {
    this.#assertNew(token);
    let built: T | undefined;
    // A factory rather than tsyringe's own lifecycles: those build a service of an upper scope with the services of whichever lower scope
    // asks first.
    this.#container.register<T>(token, {
      useFactory: () => {
        if (built === undefined) {
          built = this.#container.resolve<T>(type as never);
          this.#built.push({ name: tokenName(token), service: built });
        }
        return built;
      },
    });
    return this;
  }

  /** @throws {HubError} NOT_REGISTERED, naming the token and the scope. */
  resolve<T>(token: ServiceToken<T>): T {
    this.#assertOpen();
    if (!this.#container.isRegistered(token, true)) {
      throw new HubError(
        'NOT_REGISTERED',
        `${this.name}: nothing is registered as "${tokenName(token)}". Register it in this scope or one above before it is resolved.`,
      );
    }
    return this.#container.resolve<T>(token);
  }

  /**
   * Builds the given services and all they need, and starts them in order of dependency, those of the scopes above first. When one fails,
   * those of its scope that had started are stopped again.
   * @throws {HubError} START_FAILED, naming the service; `cause` is its error. SCOPE_CLOSED when the scope was closed meanwhile.
   */
  async start(...tokens: ServiceToken<object>[]): Promise<void> {
    for (const token of tokens) this.resolve(token);
    await this.#startBuilt();
  }

  /** Starts what is built and not started, after those before it have started, whoever began that. */
  #startBuilt(): Promise<void> {
    const run = this.#starting.then(async () => {
      if (this.#parent !== null) await this.#parent.#startBuilt();
      while (this.#started < this.#built.length) {
        // The loop's condition says that there is one.
        await this.#startOne(this.#built[this.#started++] as Built);
      }
    });
    this.#starting = run.catch(() => undefined);
    return run;
  }

  async #startOne({ name, service }: Built): Promise<void> {
    this.#assertOpen();
    try {
      await service.start?.();
    } catch (error) {
      await this.close();
      throw new HubError('START_FAILED', `${this.name}: "${name}" did not start: ${(error as Error).message}`, error);
    }
    if (this.#closing !== null) {
      // What closes the scope has run without it.
      await service.stop?.();
      this.#assertOpen();
    }
    if (service.drain) this.#drains.push(name, () => service.drain?.());
    if (service.stop) this.#disposers.push(name, () => service.stop?.());
  }

  /** Runs `dispose` when the scope closes, before what was pushed earlier. */
  onClose(label: string, dispose: Disposer): this {
    this.#assertOpen();
    this.#disposers.push(label, dispose);
    return this;
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /**
   * Drains the services here, closes the scopes below, then stops and disposes everything here; last in first out. Closing twice is one
   * closing.
   * @returns what failed; the rest was done all the same.
   */
  close(): Promise<readonly DisposeFailure[]> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<readonly DisposeFailure[]> {
    const failures: DisposeFailure[] = [...(await this.#drains.dispose())];
    for (const child of [...this.#children].reverse()) failures.push(...(await child.close()));
    failures.push(...(await this.#disposers.dispose()));
    if (this.#parent !== null) this.#parent.#children.delete(this);
    this.#container.reset();
    return failures;
  }

  #assertNew(token: ServiceToken<unknown>): void {
    this.#assertOpen();
    if (this.#container.isRegistered(token)) {
      throw new HubError('DUPLICATE_SERVICE', `${this.name}: "${tokenName(token)}" is registered twice`);
    }
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new HubError('SCOPE_CLOSED', `${this.name} is closed`);
  }
}
