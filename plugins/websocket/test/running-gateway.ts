import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Gateway } from '../src/gateway/gateway.ts';
import type { GatewayOptions } from '../src/gateway/gateway.ts';
import { openLedger } from '../src/gateway/ledger.ts';
import type { LedgerReader } from '../src/gateway/ledger.ts';
import { gatewayBundle } from './bundle.ts';

/** A gateway in this process, its ledger in a thread, its data in a folder that goes with it. */
export class RunningGateway {
  readonly gateway: Gateway;
  readonly dataDir: string;
  readonly lines: string[];

  private constructor(gateway: Gateway, dataDir: string, lines: string[]) {
    this.gateway = gateway;
    this.dataDir = dataDir;
    this.lines = lines;
  }

  static async start(over: Partial<GatewayOptions> = {}): Promise<RunningGateway> {
    const dataDir = over.dataDir ?? mkdtempSync(path.join(tmpdir(), 'tickhub-gateway-'));
    const lines: string[] = [];
    const gateway = await Gateway.start({
      dataDir,
      host: '127.0.0.1',
      port: 0,
      keepBytes: Infinity,
      log: (level, text) => void lines.push(`${level}: ${text}`),
      onFatal: (error) => {
        throw error;
      },
      ledgerWorker: (await gatewayBundle()).ledgerWorker,
      ...over,
    });
    return new RunningGateway(gateway, dataDir, lines);
  }

  url(user = 'trader'): string {
    return this.gateway.urlOf(user);
  }

  token(userId = 'trader', expiresIn = 3_600): Promise<string> {
    return this.gateway.tokens.issueToken({ userId, tier: 'pro', expiresIn });
  }

  read<T>(use: (ledger: LedgerReader) => T): T {
    const ledger = openLedger(this.dataDir);
    try {
      return use(ledger);
    } finally {
      ledger.close();
    }
  }

  async stop(): Promise<void> {
    await this.gateway.close();
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
