/**
 * `node scripts/run.mjs plugins/social/scripts/measure-jetstream.ts`: messages of Jetstream a second on one core, through the filter and all that follows, beside plain
 * `JSON.parse` of the same messages in the same run. The messages are made up in the true shape; about one in fifty concerns a symbol, one in eight is a deletion.
 */
import { jetstreamCommit } from '../test/shapes.ts';
import { mayConcern, timeOf } from '../src/networks/jetstream-filter.ts';
import { parseMessage } from '../src/networks/jetstream-shapes.ts';
import { score } from '../src/sentiment/scorer.ts';
import { SpamScore } from '../src/spam/spam-score.ts';
import { SymbolTagger } from '../src/symbols/tagger.ts';

const COUNT = 100_000;
const ROUNDS = 5;
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
    return jetstreamCommit({ id: `3k${at}`, author: `did:plc:${random(20_000)}`, text: words.join(' '), at: AT + at, operation });
  });
}

function perSecond(task: () => number): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    task();
    rates.push(COUNT / ((performance.now() - started) / 1_000));
  }
  return rates.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

const all = messages();
const tagger = new SymbolTagger();
const languages = new Set(['en']);
let passed = 0;
let tagged = 0;

const parsed = perSecond(() => all.reduce((sum, message) => sum + (JSON.parse(message) as { time_us: number }).time_us, 0));
const filtered = perSecond(() => all.reduce((sum, message) => sum + (mayConcern(message) ? 1 : 0) + timeOf(message), 0));
const whole = perSecond(() => {
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
  return tagged;
});

const bytes = all.reduce((sum, message) => sum + message.length, 0) / COUNT;
const rate = (value: number): string => Math.round(value).toLocaleString('en');
console.log(`${rate(COUNT)} messages of ${Math.round(bytes)} characters; ${passed} pass the filter, ${tagged} are about a symbol`);
console.log(`JSON.parse alone:              ${rate(parsed)} messages/s`);
console.log(`the filter alone:              ${rate(filtered)} messages/s, ratio ${(filtered / parsed).toFixed(2)}`);
console.log(`filter, parsing, tags, scores: ${rate(whole)} messages/s, ratio ${(whole / parsed).toFixed(2)}`);
