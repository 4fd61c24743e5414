import { inject, injectable } from 'tsyringe';
import { serviceToken } from '../hub/token.ts';
import { AnalystAttachment } from '../analysis/analyst-attachment.ts';
import type { BackendAgentDesk } from '../analysis/agents/desk.ts';
import { BackendToken } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import type { Config } from '../config/schema.ts';
import { ConfigToken } from '../config/token.ts';
import type { AckBook } from '../delivery/ack-book.ts';
import { DeliveryLane } from '../delivery/lane.ts';
import type { Spool } from '../delivery/spool.ts';
import { HostPathsToken } from '../host-options.ts';
import type { HostPaths } from '../host-options.ts';
import type { DisposeFailure } from '../hub/disposers.ts';
import type { Scope } from '../hub/scope.ts';
import type { Attachment, IsolateLink } from '../plugins/attachment.ts';
import { PluginHost } from '../plugins/plugin-host.ts';
import type { PluginState } from '../plugins/state.ts';
import { Backpressure } from '../streams/backpressure.ts';
import { ModelAttachment } from '../streams/model-attachment.ts';
import { SourceAttachment } from '../streams/source-attachment.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { HOST_VERSION } from '../version.ts';
import { AgentDeskToken } from './tenant-agents.ts';
import type { TenantAnalysis } from './tenant-analysis.ts';
import { TenantAnalysisToken } from './tenant-analysis.ts';
import type { TenantEntitlement } from './tenant-entitlement.ts';
import type { TenantStreams } from './tenant-streams.ts';
import { answerHistory } from './history-capability.ts';
import { HistoryToken } from './history-token.ts';
import type { TenantHistory } from './tenant-history.ts';
import { AckBookToken, AttachmentToken, IsolateLinkToken, SpoolToken, TenantScopeToken, TenantToken } from './tokens.ts';
import { TenantEntitlementToken } from './tenant-entitlement.ts';
import { TenantStreamsToken } from './tenant-streams.ts';
import type { TenantIdentity } from './tokens.ts';
import { TransportAttachment } from './transport-attachment.ts';

/** How long the sources may take to drain, the models to answer what they were asked, the backend to acknowledge what was left, and the transports to end. */
const STOP_MS = { sources: 5_000, models: 2_000, acks: 5_000, transports: 3_000 };

/** Keeps frames in the spool until it is known which transports there are. */
const DISCOVERY = 'discovery';
/** Where a transport is in one of these right after discovery, nobody can tell whether it will ever run: it is not waited for. */
const NOT_TO_RUN: ReadonlySet<PluginState> = new Set(['rejected', 'gated', 'blocked', 'stopped']);

export const TenantPluginsToken = serviceToken<TenantPlugins>('plugins');

/** The tenant's plugins, each isolate attached to the tenant's streams in a scope of its own. */
@injectable()
export class TenantPlugins {
  readonly host: PluginHost;
  readonly #scope: Scope;
  readonly #spool: Spool;
  readonly #streams: TenantStreams;
  readonly #backend: Backend;
  readonly #entitlement: TenantEntitlement;
  readonly #log: Log;
  readonly #backpressure: Backpressure;
  readonly #book: AckBook;
  readonly #history: TenantHistory;
  readonly #analysis: TenantAnalysis;
  readonly #agents: BackendAgentDesk;
  readonly #lanes = new Set<DeliveryLane>();
  readonly #models = new Set<IsolateLink>();
  #release: () => void = () => undefined;

  constructor(
    @inject(TenantScopeToken) scope: Scope,
    @inject(TenantToken) identity: TenantIdentity,
    @inject(ConfigToken) config: Config,
    @inject(HostPathsToken) paths: HostPaths,
    @inject(BackendToken) backend: Backend,
    @inject(SpoolToken) spool: Spool,
    @inject(AckBookToken) book: AckBook,
    @inject(HistoryToken) history: TenantHistory,
    @inject(TenantStreamsToken) streams: TenantStreams,
    @inject(TenantEntitlementToken) entitlement: TenantEntitlement,
    @inject(TenantAnalysisToken) analysis: TenantAnalysis,
    @inject(AgentDeskToken) agents: BackendAgentDesk,
    @inject(LogToken) log: Log,
  ) {
    this.#scope = scope;
    this.#spool = spool;
    this.#streams = streams;
    this.#backend = backend;
    this.#entitlement = entitlement;
    this.#log = log;
    this.#book = book;
    this.#history = history;
    this.#analysis = analysis;
    this.#agents = agents;
    this.#backpressure = new Backpressure(spool);
    this.host = new PluginHost({
      roots: [{ path: paths.bundledPlugins, kind: 'bundled' }, ...paths.userPlugins.map((root) => ({ path: root, kind: 'user' as const }))],
      dataDir: identity.dataDir,
      hostVersion: HOST_VERSION,
      tenant: identity.id,
      tier: entitlement.current.tier,
      attach: (link) => this.attach(link),
      configFor: (id) => config.plugins[id],
      disabled: new Set(config.disabled),
      log,
      sdkDist: paths.sdkDist,
    });
    this.host.onRemoved((id) => this.#forget(id));
    this.host.onTransition((transition) => {
      if (transition.to !== 'crashed' && transition.to !== 'rejected' && transition.to !== 'quarantined') return;
      streams.bus.emit('error_occurred', {
        plugin: transition.plugin,
        code: `PLUGIN_${transition.to.toUpperCase()}`,
        message: transition.reason,
      });
    });
  }

  /** Bytes of ticks that the slowest model has not read yet. A live market does not wait for it; a replay does. */
  get modelBacklog(): number {
    return Math.max(0, ...[...this.#models].map(({ backlogBytes }) => backlogBytes));
  }

  async start(): Promise<void> {
    this.#release = this.#entitlement.onChange((now) => this.host.setTier(now.tier));
    this.host.setTier(this.#entitlement.current.tier);
    // The first transport that runs must not make the spool let go of what another one, which is slower to start or crashes, has yet to deliver.
    this.#book.hold(DISCOVERY, this.#spool.ackedSeq);
    await this.host.start();
    for (const { id, kind, state } of this.host.list()) if (kind === 'transport' && !NOT_TO_RUN.has(state)) this.#book.require(id);
    this.#book.release(DISCOVERY);
  }

  /**
   * Sources first, so that what they had in hand reaches the spool; then the backend's last acks; then the transports. All of it while
   * the isolates are still attached, hence in the drain.
   */
  async drain(): Promise<void> {
    this.#release();
    await this.host.stopKinds(['data-source'], STOP_MS.sources);
    await this.#analysis.monitor.settled(STOP_MS.models);
    await this.host.stopKinds(['model'], STOP_MS.sources);
    await this.#acknowledged(STOP_MS.acks);
    await this.host.stop({ deadlineMs: STOP_MS.transports });
  }

  /** Resolves when the backend has everything, when there is no link to it, or after `deadlineMs`; what is left stays in the spool. */
  async #acknowledged(deadlineMs: number): Promise<void> {
    const done = (): boolean =>
      this.#book.deliveredSeq >= this.#spool.lastSeq || ![...this.#lanes].some(({ status }) => status.state === 'streaming');
    const until = performance.now() + deadlineMs;
    while (!done() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** A plugin is gone for good. */
  #forget(id: string): void {
    const delivered = this.#book.ackedBy(id);
    if (this.#book.forget(id))
      this.#log.warn(
        `${id} was removed, so the spool keeps nothing for it any more; it had delivered up to ${delivered} of ${this.#spool.lastSeq}`,
      );
  }

  /** Connects an isolate to the tenant, or what stands for one: the replay of a recording. */
  attach(link: IsolateLink): Attachment {
    const scope = this.#scope.child(`${link.manifest.id}#${link.generation}`).value(IsolateLinkToken, link);
    const attachment = this.#attachmentFor(link, scope);
    scope.value(AttachmentToken, attachment).onClose('attachment', () => attachment.detach());
    return {
      startTerms: () => attachment.startTerms(),
      onFrame: (type, body) => {
        const wasOutput = attachment.onFrame(type, body);
        if (wasOutput) this.#backpressure.appended();
        return wasOutput;
      },
      onMessage: (message) => attachment.onMessage(message),
      call: (capability, method, args) =>
        capability === 'history' && link.manifest.kind !== 'transport'
          ? answerHistory(this.#history, method, args[0])
          : attachment.call(capability, method, args),
      detach: () => void scope.close().then((failures) => this.#onDetachFailures(link, failures)),
    };
  }

  #onDetachFailures({ manifest }: IsolateLink, failures: readonly DisposeFailure[]): void {
    for (const { label, error } of failures) this.#log.error(`${manifest.id}: its ${label} did not end cleanly`, { error });
  }

  #attachmentFor(link: IsolateLink, scope: Scope): Attachment {
    switch (link.manifest.kind) {
      case 'data-source':
        scope.onClose('backpressure', this.#backpressure.add(link));
        return new SourceAttachment(link, this.#streams);
      case 'model':
        this.#models.add(link);
        scope.onClose('model', () => void this.#models.delete(link));
        return new AnalystAttachment(link, new ModelAttachment(link, this.#streams), this.#analysis.analysts);
      case 'transport':
        return this.#transport(link, scope);
    }
  }

  #transport(link: IsolateLink, scope: Scope): Attachment {
    const transport = link.manifest.id;
    const lane = new DeliveryLane({
      spool: this.#spool,
      book: this.#book,
      transport,
      link,
      log: this.#log.with({ plugin: transport }),
      onNewEpoch: () => {
        this.host.reload(transport).catch((error: unknown) => this.#log.error(`${transport}: ${(error as Error).message}`));
      },
    });
    this.#lanes.add(lane);
    scope.onClose('lane', () => void this.#lanes.delete(lane));
    return new TransportAttachment(link, {
      tenant: this.#streams.tenant,
      spool: this.#spool,
      lane,
      backend: this.#backend,
      agents: this.#agents.line,
      bus: this.#streams.bus,
      onAcked: (seq) => this.#streams.flow.acked(seq),
    });
  }
}
