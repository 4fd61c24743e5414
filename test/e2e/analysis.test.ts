import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../host/src/control/analysis-report.ts';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

interface Mean {
  readonly body: { readonly kind: string; readonly model: string; readonly at: number; readonly inputs: { from: number; count: number } };
}

describe('the market monitor of a running host', () => {
  let dataDir: string;
  let host: HostProcess;
  const start = (): HostProcess =>
    HostProcess.start({
      dataDir,
      set: [
        'plugins.mt5.port=0',
        `pluginRoots=${JSON.stringify([path.resolve('test/fixtures/analysts'), path.resolve('test/fixtures/tickers')])}`,
        'disabled=["news","economic","social","models"]',
      ],
    });
  const answers = (count: number) =>
    host.statusWhen(`${count} answers`, ({ analysis }) => (analysis.models.find(({ id }) => id === 'mean')?.answers ?? 0) >= count, 60_000);
  const analyse = async (...args: string[]) => tickhub(['analyse', ...args, '--data', dataDir]);

  beforeEach(async () => {
    dataDir = await scratchDir('analysis');
    host = start();
  });

  afterEach(async () => {
    host.kill();
    await host.exited;
  });

  it('analyses each bar, and on request; says who cannot and why; delivers each analysis once, and knows the past after a kill -9', async () => {
    const { analysis } = await answers(2);
    expect(analysis.models.map(({ id, reason }) => [id, reason])).toEqual([
      ['mean', ''],
      ['grumpy', ''],
      ['exclusive', 'exclusive needs enterprise; your tier is pro'],
    ]);
    expect(analysis.models.find(({ id }) => id === 'grumpy')).toMatchObject({ answers: 0, lastFailure: 'closes: nobody asked nicely' });
    expect(host.lines.filter(({ msg }) => msg.includes('nobody asked nicely'))).toHaveLength(1);

    const report = AnalysisReport.parse(JSON.parse((await analyse('eurusd', '--json')).out));
    expect(report).toMatchObject({ symbol: 'EURUSD', source: 'ticker', market: { state: 'open' }, heldBack: [{ model: 'exclusive' }] });
    expect(report.answers).toMatchObject([{ plugin: 'closes', answer: { model: 'mean', unit: 'price', at: report.series[0]?.at } }]);
    expect(report.askedAt - (report.series[0]?.at ?? 0)).toBeLessThan(20_000);

    const shown = await analyse('EURUSD');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toMatch(/^EURUSD +1\.1\d{4} \/ 1\.1\d{4} +ticker +last tick \d+ s ago\nmarket +open\nbars +last bar of 1 s closed /);
    expect(shown.out).toMatch(/mean 1\.0\.0 {2}the mean of all closes\n {2}1\.1\d* price\n {2}fairly sure \(0\.60\); as of /);
    expect(shown.out).toContain('Held back by the pro tier:\n  exclusive: exclusive needs enterprise; your tier is pro');
    expect(await analyse('EURSUD')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no symbol "EURSUD". Did you mean EURUSD?') as string,
    });
    expect((await tickhub(['status', '--data', dataDir])).out).toMatch(/models +2 of 3 may answer; asked \d+ times: \d+ answers/);

    host.kill();
    await host.exited;
    expect(await analyse('EURUSD')).toMatchObject({ code: 1, err: expect.stringContaining('start one with `tickhub run`') as string });
    host = start();
    await answers(1);
    const [after] = AnalysisReport.parse(JSON.parse((await analyse('EURUSD', '--json')).out)).answers;
    expect(after?.answer.inputs.from).toBe(report.answers[0]?.answer.inputs.from);
    await host.statusWhen('all to be acknowledged', ({ spool }) => spool.ackedSeq >= spool.lastSeq - 5);
    expect(await host.stop()).toBe(0);

    const ledger = openLedger(path.join(dataDir, 'gateway'));
    try {
      const means = [...ledger.records({ stream: 'analysis' })].flatMap(({ records }) => records as unknown as Mean[]);
      const times = means.map(({ body }) => body.at);
      expect(times.length).toBeGreaterThanOrEqual(3);
      expect(new Set(times).size).toBe(times.length);
      for (const { body } of means) expect(body).toMatchObject({ kind: 'model', model: 'mean' });
    } finally {
      ledger.close();
    }
  }, 180_000);
});
