/**
 * For tests: a process that appends known frames as fast as they become durable, and writes a line for what the spool said: `durable 17`. It acknowledges
 * frames some way behind, reports usage now and then, and ends when its input does.
 * Arguments: path of the spool, its budget in bytes, frames to append at most.
 */
import { flushCompileCache } from 'node:module';
import { openSpool } from './open-spool.ts';
import { SYMBOLS, tickBody, tickCount } from './frames.fixture.ts';
import { UsageReporter } from './usage-reporter.ts';

const [path = '', budget = '', most = 'Infinity'] = process.argv.slice(2);
/** A minute passes every 50 ms, so that usage is reported in the middle of things. */
const start = Date.now();
const clock = { now: () => start + (Date.now() - start) * 1_200 };

const spool = await openSpool({ path, budgetBytes: Number(budget), clock, memoryBytes: 100_000 });
spool.addSymbols(SYMBOLS);
const reporter = new UsageReporter({
  spool,
  tenant: 'test',
  clock: { ...clock, every: () => () => undefined },
  onError: (error) => void process.stderr.write(`${String(error)}\n`),
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`opened ${spool.lastSeq} ${spool.ackedSeq} ${spool.epoch}`);
// Node does so when it ends, which a process that is killed does not.
flushCompileCache();

let toAppend = Number(most);
function appendSome(): void {
  const size = 1 + (spool.lastSeq % 7);
  for (let i = 0; i < size && toAppend > 0; i++, toAppend--) {
    const seq = spool.lastSeq + 1;
    spool.appendTicks(tickBody(seq), tickCount(seq));
  }
}
spool.onHealth((health) => say(`health ${health.state}`));
spool.onDurable((seq) => {
  say(`durable ${seq}`);
  if (seq % 5 === 0) spool.ack(seq - 40);
  if (seq % 31 === 0) void reporter.report().catch(() => undefined);
  if (spool.pendingBytes === 0) {
    if (toAppend > 0) appendSome();
    else void spool.close().then(() => process.exit(0));
  }
});
appendSome();
process.stdin.resume().on('end', () => void spool.close().then(() => process.exit(0)));
