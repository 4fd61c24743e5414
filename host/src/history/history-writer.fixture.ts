/**
 * For tests that kill it: a process with a spool and a history that follows it. Appends frames whose content follows from their seq, acknowledges each as soon as it is durable, so that only the
 * history keeps the spool, and says `taken SEQ` each time that the history has moved on. Argument: a folder.
 */
import { flushCompileCache } from 'node:module';
import { SYMBOLS, tickBody, tickCount } from '../delivery/frames.fixture.ts';
import { NEWS_EVERY, newsOf } from './frames-in-history.fixture.ts';
import { openHistory } from './history.fixture.ts';

const { spool, book, feed } = await openHistory(process.argv[2] ?? '', SYMBOLS);
process.stdout.write(`opened ${spool.lastSeq}\n`);
// Node does so when it ends, which a process that is killed does not.
flushCompileCache();
let said = feed.takenSeq;
const appendSome = (): void => {
  for (let i = 0; i < 20; i++) {
    const seq = spool.lastSeq + 1;
    if (seq % NEWS_EVERY === 0) {
      const batch = newsOf(seq);
      spool.appendRecords('news', 'news', new TextEncoder().encode(JSON.stringify(batch)), 1, batch.records[0]?.seq ?? 0);
    } else {
      spool.appendTicks(tickBody(seq), tickCount(seq));
    }
  }
};
spool.onDurable((seq) => {
  book.sent('ws', seq);
  book.acked('ws', seq);
  if (feed.takenSeq > said) process.stdout.write(`taken ${(said = feed.takenSeq)}\n`);
  if (spool.pendingBytes === 0) setImmediate(appendSome);
});
appendSome();
