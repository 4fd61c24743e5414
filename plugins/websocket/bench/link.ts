/**
 * Transport and gateway together over loopback, durable and acknowledged: ticks a second, processor time a tick on each side, and the time from a frame to
 * its ack at low load. node bench/link.ts GATEWAY.js [FRAME_TICKS ...]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TickBatch } from '@tickhub/plugin-sdk';
import type { Outgoing } from '@tickhub/plugin-sdk';
import { RunningLink } from '../test/running-link.ts';
import { SimulatedSpool } from '../test/simulated-spool.ts';

const [program = '', ...sizes] = process.argv.slice(2);
const TICKS_PER_S_CLOCK = 100;

/** Processor milliseconds of another process, all threads. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_S_CLOCK;
}

function frames(count: number, ticksEach: number): Omit<Outgoing, 'seq'>[] {
  let bid = 110_000;
  let time = 1_732_402_800_000;
  return Array.from({ length: count }, () => {
    const batch = TickBatch.create(ticksEach);
    batch.receivedAt = time;
    for (let i = 0; i < ticksEach; i++) {
      bid += Math.round((Math.random() - 0.5) * 20);
      time += Math.ceil(Math.random() * 300);
      batch.symbol[i] = i % 3;
      batch.time[i] = time;
      batch.bid[i] = bid / 1e5;
      batch.ask[i] = (bid + 8) / 1e5;
      batch.flags[i] = 6;
    }
    return { ticks: batch, records: null };
  });
}

for (const size of sizes.length > 0 ? sizes.map(Number) : [15, 300, 2_000]) {
  const dir = mkdtempSync(path.join(tmpdir(), 'tickhub-bench-'));
  const gateway = fork(program, ['serve', '--port', '0', '--data', dir, '--issue-user', 'trader', '--issue-tier', 'pro'], {
    env: { ...process.env, TICKHUB_EMBEDDED: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [hello] = (await once(gateway, 'message')) as [{ url: string; token: string }];
  const spool = new SimulatedSpool({ window: Math.ceil(200_000 / size) });
  const link = new RunningLink({ spool, url: hello.url, token: hello.token });
  const pid = gateway.pid ?? 0;

  const latency: number[] = [];
  for (const frame of frames(300, 1)) {
    await sleep(2);
    const start = performance.now();
    spool.append(frame);
    await spool.settled();
    latency.push(performance.now() - start);
  }
  latency.sort((a, b) => a - b);

  const warm = frames(Math.ceil(300_000 / size), size);
  for (const frame of warm) spool.append(frame);
  await spool.settled();
  const work = frames(Math.ceil(1_500_000 / size), size);
  const [own, other, start] = [process.cpuUsage(), cpuOf(pid), performance.now()];
  for (const frame of work) spool.append(frame);
  await spool.settled();
  const seconds = (performance.now() - start) / 1_000;
  const used = process.cpuUsage(own);
  const ticks = work.length * size;
  const transport = ((used.user + used.system) * 1_000) / ticks;
  const backend = ((cpuOf(pid) - other) * 1e6) / ticks;
  process.stdout.write(
    `${size} ticks/frame: ${Math.round(ticks / seconds).toLocaleString('en')} ticks/s; transport ${transport.toFixed(0)} ns, gateway ${backend.toFixed(0)} ns a tick ` +
      `(${(((transport + backend) * 300_000) / 1e9).toFixed(2)} of a core at 300,000/s); frame to ack alone p50 ${latency[150]?.toFixed(2)} ms, p99 ${latency[297]?.toFixed(2)} ms\n`,
  );
  await link.stop();
  gateway.disconnect();
  await once(gateway, 'exit');
  rmSync(dir, { recursive: true, force: true });
}
