import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSigningKey } from '../../plugins/websocket/src/gateway/signing-key.ts';
import { Tokens } from '../../plugins/websocket/src/gateway/tokens.ts';
import { Deployment, USER } from '../system/deployment.ts';

const HOUR_S = 3_600;

describe('a first start', () => {
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await Deployment.create('token', { tier: 'free' });
  });
  afterEach(() => deployment.end());

  /** A token with the signature of the gateway whose data folder this is. */
  async function tokenOf(dataDir: string, expiresIn: number): Promise<string> {
    await mkdir(dataDir, { recursive: true });
    return new Tokens(await loadSigningKey(dataDir)).issueToken({ userId: USER, tier: 'enterprise', expiresIn });
  }

  it.each<[string, () => Promise<string | null>, RegExp]>([
    // Beyond the grace of an entitlement that runs out.
    [
      'an expired',
      () => tokenOf(deployment.gateway.dataDir, -100 * HOUR_S),
      /the subscription token has expired; put a fresh one into the token file/,
    ],
    ['a forged', () => tokenOf(path.join(deployment.dir, 'stranger'), HOUR_S), /not signed by a key of the configured backend/],
    ['a garbled', async () => 'eyJhbGciOiJIUzI1NiJ9', /not a JWT of three dot-separated parts/],
    ['an empty', async () => '', /there is no subscription token; put the one from your account page into the token file/],
    ['no', async () => null, /the token file cannot be read \(ENOENT\); put the token there, and the host takes it at once/],
  ])(
    'with %s token is free and says why; a good one counts at once',
    async (_what, made, reason) => {
      const token = await made();
      if (token === null) await rm(deployment.tokenFile);
      else await writeFile(deployment.tokenFile, token);
      const host = deployment.startHost();
      await host.ready();
      await host.line('why the token does not count', ({ level, msg }) => (level === 'warn' || level === 'error') && reason.test(msg));
      const free = await host.status();
      expect(free.entitlement.tier).toBe('free');
      expect(free.backend.link).toBe('down');
      if (token !== null && token !== '') {
        expect(JSON.stringify([host.lines, host.noise])).not.toContain(token);
      }

      await deployment.present('pro');
      const pro = await host.statusWhen(
        'the good token to count',
        ({ entitlement, backend }) => entitlement.tier === 'pro' && backend.link === 'up',
      );
      expect(pro.entitlement.ground).toMatch(new RegExp(`^token of ${USER}, valid until `));
      expect(await host.stop()).toBe(0);
    },
    60_000,
  );
});
