import { inject, injectable } from 'tsyringe';
import { describe, expect, it } from 'vitest';
import { CentralHub } from './central-hub.ts';
import { Scope } from './scope.ts';
import { serviceToken } from './token.ts';

const Journal = serviceToken<string[]>('journal');
const Store = serviceToken<StoreService>('store');
const Feed = serviceToken<FeedService>('feed');

@injectable()
class StoreService {
  constructor(@inject(Journal) readonly journal: string[]) {}
  start(): void {
    this.journal.push('store started');
  }
  async stop(): Promise<void> {
    await Promise.resolve();
    this.journal.push('store stopped');
  }
}

@injectable()
class FeedService {
  constructor(
    @inject(Store) readonly store: StoreService,
    @inject(Journal) readonly journal: string[],
  ) {}
  start(): void {
    this.journal.push('feed started');
  }
  stop(): void {
    this.journal.push('feed stopped');
  }
}

function scopeWithBoth(): { scope: Scope; journal: string[] } {
  const journal: string[] = [];
  const scope = Scope.root('test').value(Journal, journal).service(Feed, FeedService).service(Store, StoreService);
  return { scope, journal };
}

describe('Scope', () => {
  it('starts what a service needs before the service, and stops in reverse', async () => {
    const { scope, journal } = scopeWithBoth();
    await scope.start(Feed);
    await scope.close();
    expect(journal).toEqual(['store started', 'feed started', 'feed stopped', 'store stopped']);
  });

  it('builds a service once', () => {
    const { scope } = scopeWithBoth();
    expect(scope.resolve(Feed).store).toBe(scope.resolve(Store));
  });

  it('stops what had started when a later one fails, and names the one that failed', async () => {
    const journal: string[] = [];
    @injectable()
    class Failing {
      constructor(@inject(Store) readonly store: StoreService) {}
      start(): void {
        throw new Error('port 1 is busy');
      }
    }
    const Bad = serviceToken<Failing>('bad');
    const scope = Scope.root('test').value(Journal, journal).service(Store, StoreService).service(Bad, Failing);
    await expect(scope.start(Bad)).rejects.toMatchObject({ code: 'START_FAILED', message: 'test: "bad" did not start: port 1 is busy' });
    expect(journal).toEqual(['store started', 'store stopped']);
  });

  it('says what is missing, and where', () => {
    expect(() => Scope.root('test').resolve(Feed)).toThrow(/test: nothing is registered as "feed"/);
  });

  it('refuses a second registration of a token', () => {
    const { scope } = scopeWithBoth();
    expect(() => scope.service(Feed, FeedService)).toThrow(/"feed" is registered twice/);
  });

  it('runs every disposer though one fails, and reports the one', async () => {
    const scope = Scope.root('test');
    const ran: string[] = [];
    scope.onClose('first in', () => void ran.push('first in'));
    scope.onClose('broken', () => Promise.reject(new Error('no')));
    scope.onClose('last in', () => void ran.push('last in'));
    const failures = await scope.close();
    expect(ran).toEqual(['last in', 'first in']);
    expect(failures).toMatchObject([{ label: 'broken', error: { message: 'no' } }]);
  });

  it('drains its services while the scopes below are open, then closes those, then stops', async () => {
    const journal: string[] = [];
    @injectable()
    class Draining {
      drain(): void {
        journal.push('drained');
      }
      stop(): void {
        journal.push('stopped');
      }
    }
    const Token = serviceToken<Draining>('draining');
    const scope = Scope.root('test').service(Token, Draining);
    await scope.start(Token);
    scope.child('below').onClose('below', () => void journal.push('closed below'));
    await scope.close();
    expect(journal).toEqual(['drained', 'closed below', 'stopped']);
  });

  it('closes though a service fails to drain, and reports it', async () => {
    @injectable()
    class Failing {
      drain(): Promise<void> {
        return Promise.reject(new Error('no answer'));
      }
    }
    const Token = serviceToken<Failing>('failing');
    const scope = Scope.root('test').service(Token, Failing);
    await scope.start(Token);
    expect(await scope.close()).toMatchObject([{ label: 'failing', error: { message: 'no answer' } }]);
  });

  it('closes once, however often it is asked to', async () => {
    const scope = Scope.root('test');
    let closed = 0;
    scope.onClose('count', () => void closed++);
    await Promise.all([scope.close(), scope.close()]);
    expect(closed).toBe(1);
    expect(() => scope.onClose('late', () => undefined)).toThrow(/test is closed/);
  });
});

describe('Scope, when things overlap', () => {
  /** A service whose start lasts until it is let go. */
  function slow() {
    const begun = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const journal: string[] = [];
    @injectable()
    class Slow {
      async start(): Promise<void> {
        journal.push('slow starts');
        begun.resolve();
        await started.promise;
        journal.push('slow started');
      }
      stop(): void {
        journal.push('slow stopped');
      }
    }
    const SlowToken = serviceToken<Slow>('slow');
    @injectable()
    class Needy {
      constructor(@inject(SlowToken) readonly slow: Slow) {}
      start(): void {
        journal.push('needy started');
      }
    }
    const NeedyToken = serviceToken<Needy>('needy');
    return { begun, started, journal, Slow, SlowToken, Needy, NeedyToken };
  }

  it('starts nothing before what it needs has started, though that was begun by somebody else', async () => {
    const { started, journal, Slow, SlowToken, Needy, NeedyToken } = slow();
    const scope = Scope.root('test').service(SlowToken, Slow).service(NeedyToken, Needy);
    const first = scope.start(SlowToken);
    const second = scope.start(NeedyToken);
    started.resolve();
    await Promise.all([first, second]);
    expect(journal).toEqual(['slow starts', 'slow started', 'needy started']);
  });

  it('starts what a service of a lower scope needs of an upper one', async () => {
    const { started, journal, Slow, SlowToken, Needy, NeedyToken } = slow();
    started.resolve();
    const root = Scope.root('test').service(SlowToken, Slow);
    await root.child('below').service(NeedyToken, Needy).start(NeedyToken);
    expect(journal).toEqual(['slow starts', 'slow started', 'needy started']);
    await root.close();
    expect(journal.at(-1)).toBe('slow stopped');
  });

  it('stops what was still starting when it was closed', async () => {
    const { begun, started, journal, Slow, SlowToken, Needy, NeedyToken } = slow();
    const scope = Scope.root('test').service(SlowToken, Slow).service(NeedyToken, Needy);
    const starting = scope.start(NeedyToken);
    await begun.promise;
    const closing = scope.close();
    started.resolve();
    await expect(starting).rejects.toMatchObject({ code: 'SCOPE_CLOSED' });
    await closing;
    expect(journal).toEqual(['slow starts', 'slow started', 'slow stopped']);
  });
});

describe('CentralHub', () => {
  it('gives each tenant services of its own, and what the host shares', () => {
    const hub = new CentralHub();
    hub.scope.value(Journal, []);
    const one = hub.tenant('one').service(Store, StoreService);
    const two = hub.tenant('two').service(Store, StoreService);
    expect(one.resolve(Store)).not.toBe(two.resolve(Store));
    expect(one.resolve(Store).journal).toBe(two.resolve(Store).journal);
    expect(() => hub.scope.resolve(Store)).toThrow(/nothing is registered/);
  });

  it('builds a service of the host from the services of the host, whoever asks first', () => {
    const hub = new CentralHub();
    const ofHost: string[] = [];
    hub.scope.value(Journal, ofHost).service(Store, StoreService);
    const tenant = hub.tenant('one').value(Journal, []);
    expect(tenant.resolve(Store).journal).toBe(ofHost);
    expect(hub.scope.resolve(Store)).toBe(tenant.resolve(Store));
  });

  it('stops tenants before the host', async () => {
    const hub = new CentralHub();
    const journal: string[] = [];
    hub.scope.onClose('host', () => void journal.push('host'));
    hub.tenant('one').onClose('one', () => void journal.push('one'));
    hub.tenant('two').onClose('two', () => void journal.push('two'));
    await hub.stop();
    expect(journal).toEqual(['two', 'one', 'host']);
  });
});
