/**
 * `node scripts/run.mjs plugins/social/scripts/measure-jetstream.ts`: messages of Jetstream a second on one core, through the filter and all that follows, beside plain
 * `JSON.parse` of the same messages in the same run. The messages are made up in the true shape; about one in fifty concerns a symbol, one in eight is
 * a deletion, one in two answers another, one in four has a picture.
 */
import { jetstreamCommit } from '../test/shapes.ts';
import { mayConcern, timeOf } from '../src/networks/jetstream-filter.ts';
import { parseMessage } from '../src/networks/jetstream-shapes.ts';
import { score } from '../src/sentiment/scorer.ts';
import { SpamScore } from '../src/spam/spam-score.ts';
import { SymbolTagger } from '../src/symbols/tagger.ts';

const COUNT = 100_000;
const ROUNDS = 7;
const AT = Date.UTC(2026, 0, 5, 12);
const WORDS =
  'the of and a to in is you that it he was for on are as with his they I at be this have from or one had by word but not what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more write go see number no way could people my than first water been call who oil its now find long down day did get come made may part'.split(
    ' ',
  );
const ABOUT = ['$SPY to the moon', 'long EUR/USD here', 'gold price rallies on inflation', 'shorting $BTC.X', 'bitcoin is crashing'];

function messages(): string[] {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  return Array.from({ length: COUNT }, (_, at) => {
    const words = Array.from({ length: 5 + random(40) }, () => WORDS[random(WORDS.length)] ?? '');
    if (random(50) === 0) words.push(ABOUT[random(ABOUT.length)] ?? '');
    const operation = random(8) === 0 ? 'delete' : 'create';
    return jetstreamCommit({
      id: `3k${at}`,
      author: `did:plc:${random(20_000)}`,
      text: words.join(' '),
      at: AT + at,
      operation,
      answers: random(2) === 0,
      pictured: random(4) === 0,
    });
  });
}

function seconds(task: () => unknown): number {
  const started = performance.now();
  task();
  return (performance.now() - started) / 1_000;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const all = messages();
const tagger = new SymbolTagger();
const languages = new Set(['en']);
let passed = 0;
let tagged = 0;

const parse = (): number => all.reduce((sum, message) => sum + (JSON.parse(message) as { time_us: number }).time_us, 0);
const filter = (): number => all.reduce((sum, message) => sum + (mayConcern(message) ? 1 : 0) + timeOf(message), 0);
function whole(): void {
  const spam = new SpamScore();
  passed = tagged = 0;
  for (const message of all) {
    timeOf(message);
    if (!mayConcern(message)) continue;
    passed++;
    const event = parseMessage(message, languages);
    if (event?.kind !== 'post') continue;
    const symbols = tagger.tag(event.post);
    if (symbols.length === 0) continue;
    tagged++;
    spam.judge(event.post, event.post.author, symbols.length);
    score(event.post.text);
  }
}

// Side by side in each round, so that what else the machine does meets all of them.
const rounds = Array.from({ length: ROUNDS }, () => [seconds(parse), seconds(filter), seconds(whole)] as const);
const bytes = all.reduce((sum, message) => sum + message.length, 0) / COUNT;
const line = (what: string, index: 0 | 1 | 2): void => {
  const rate = Math.round(COUNT / median(rounds.map((round) => round[index]))).toLocaleString('en');
  const ratio = median(rounds.map((round) => round[0] / round[index])).toFixed(2);
  console.log(`${what.padEnd(31)}${rate.padStart(9)} messages/s, ratio ${ratio}`);
};
console.log(
  `${COUNT.toLocaleString('en')} messages of ${Math.round(bytes)} characters; ${passed} pass the filter, ${tagged} are about a symbol`,
);
line('JSON.parse alone', 0);
line('the filter alone', 1);
line('filter, parsing, tags, scores', 2);
