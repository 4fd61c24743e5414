import type { RecordTask } from '@tickhub/plugin-sdk';
import { abstention } from '../model.ts';
import type { Finding, MakeModel, RecordModel } from '../model.ts';
import { Classifier } from './classifier.ts';
import type { Question, Shares } from './classifier.ts';
import { languageOf } from './language.ts';
import { keyOf, messageOf } from './message.ts';
import type { Message } from './message.ts';
import { Moods } from './state.ts';
import type { Mood } from './state.ts';
import { subjectsOf } from './subjects.ts';
import type { Subject } from './subjects.ts';
import { legsOf } from './mentions.ts';
import { MOST_TEXT, tokensOf } from './text/tokens.ts';

/** Logits that one term of the lexicon moves. Set by hand: there is no data that it could be fitted to. */
const HINT_LOGITS = 1.5;
/** Where nothing but the lexicon speaks. */
const NO_IDEA: Shares = [0.25, 0.5, 0.25];
/** What confidence is multiplied by. */
const NOT_NAMED = 0.5;
const ONLY_LEXICON = 0.6;
const CUT_OFF = 0.7;
const FEW_WORDS = 0.6;
const EXCERPT = 80;

/** P(negative, neutral, positive) of a headline or post for each symbol that it concerns, and what was said of each of late. */
export class SentimentModel implements RecordModel {
  readonly id: string;
  readonly #classifier: Classifier;
  readonly #moods = new Moods();

  constructor(id: string, classifier: Classifier) {
    this.id = id;
    this.#classifier = classifier;
  }

  /** What was said of a symbol up to a moment, by records that were answered. */
  mood(symbol: string, at: number): Mood {
    return this.#moods.of(symbol, at);
  }

  async answer(task: RecordTask): Promise<{ symbol: string; at: number; finding: Finding }[]> {
    const message = messageOf(task);
    // A revision may say other than the record before it, or of others.
    this.#moods.remove(keyOf(task));
    if (typeof message === 'string') return [];
    const subjects = subjectsOf(message);
    const why = unreadable(message);
    if (why !== null) return subjects.map(({ symbol }) => ({ symbol, at: message.time, finding: this.#abstention(why, message) }));
    const questions = subjects.map((subject) => questionsOf(message, subject, subjects.length === 1));
    const shares = await this.#classifier.classify(questions.flat());
    let at = 0;
    return subjects.map((subject, i) => {
      const from = at;
      at += questions[i]?.length ?? 0;
      return { symbol: subject.symbol, at: message.time, finding: this.#find(message, subject, shares.slice(from, at)) };
    });
  }

  #find(message: Message, subject: Subject, shares: readonly Shares[]): Finding {
    const { symbol, aspects, leaning, hints } = subject;
    const { key, time, spam, text } = message;
    if (shares.length === 0 && leaning === 0) return this.#abstention(`the text says nothing of ${symbol}`, message);
    const read = shares.length === 0 ? NO_IDEA : mean(shares.map((one, i) => (aspects[i]?.sign === -1 ? turned(one) : one)));
    const [negative, neutral, positive] = moved(read, leaning * HINT_LOGITS);
    const words = wordsOf(text).length;
    const confidence =
      ((Math.max(negative, neutral, positive) - 1 / 3) / (2 / 3)) *
      (shares.length === 0 ? ONLY_LEXICON : aspects.length === 0 ? NOT_NAMED : 1) *
      (text.length > MOST_TEXT ? CUT_OFF : 1) *
      (words < 4 ? FEW_WORDS : 1) *
      (1 - spam);
    this.#moods.add(symbol, { key, time, net: positive - negative, weight: confidence });
    const mood = this.#moods.of(symbol, time);
    return {
      value: null,
      unit: null,
      probabilities: { negative, neutral, positive },
      quantiles: null,
      confidence: Math.max(0, Math.min(1, confidence)),
      abstained: null,
      inputs: inputsOf(message),
      details: {
        ...detailsOf(message),
        named: aspects.map(({ of }) => of).join(' ') || null,
        lexicon: hints.map(({ term, currency }) => `${term}:${currency}`).join(', ') || null,
        mood: mood.net,
        moodWeight: mood.weight,
        moodRecords: mood.records,
      },
    };
  }

  #abstention(why: string, message: Message): Finding {
    return abstention(why, inputsOf(message), detailsOf(message));
  }
}

export const makeSentimentModel: MakeModel<SentimentModel> = (file, runner) => new SentimentModel(file.id, new Classifier(runner));

/**
 * One for each way in which the text speaks of the symbol. A post about one share or index is asked as a whole: so were those that the model learned from.
 * Of a pair that is not named it is not known whose side the text takes: it is asked nothing.
 */
function questionsOf({ form, text }: Message, { symbol, aspects, leaning }: Subject, alone: boolean): Question[] {
  const isPair = legsOf(symbol) !== null;
  if (aspects.length === 0) return isPair || leaning !== 0 ? [] : [{ text, spans: [] }];
  if (form === 'post' && alone && !isPair) return [{ text, spans: [] }];
  return aspects.map(({ spans }) => ({ text, spans }));
}

/** Why nothing is said of a text; null where something is. */
function unreadable({ text, language }: Message): string | null {
  if (language !== null && !/^en\b/i.test(language)) return `the text is in ${language}, and the model reads English`;
  if (wordsOf(text).length === 0) return 'there are no words in the text';
  const seems = languageOf(text);
  return seems === 'en' ? null : `the text does not seem to be English (${seems})`;
}

/** Tokens that are neither numbers nor signs nor cashtags. */
const wordsOf = (text: string): string[] => tokensOf(text).filter((token) => /^\p{L}/u.test(token) && !/^num(?:%|bp)?$/.test(token));

const inputsOf = ({ time }: Message): Finding['inputs'] => ({ from: time, to: time, count: 1 });

/** Without what turns a terminal's line around, or ends it. */
const excerpt = (text: string): string => [...text.replaceAll(/[\p{C}\s]+/gu, ' ').trim()].slice(0, EXCERPT).join('');

const detailsOf = ({ source, text, form }: Message): Finding['details'] => ({ source, form, excerpt: excerpt(text) });

const turned = ([negative, neutral, positive]: Shares): Shares => [positive, neutral, negative];

function mean(all: readonly Shares[]): Shares {
  const [negative = 0, neutral = 0, positive = 0] = [0, 1, 2].map((i) => all.reduce((sum, one) => sum + (one[i] ?? 0), 0) / all.length);
  return [negative, neutral, positive];
}

/** Shares with `logits` more for positive, and less for negative. */
function moved([negative, neutral, positive]: Shares, logits: number): Shares {
  const [less, more] = [negative * Math.exp(-logits), positive * Math.exp(logits)];
  const sum = less + neutral + more;
  return [less / sum, neutral / sum, more / sum];
}
