/**
 * The language of a short text: by its script, and in Latin script by the small words that each language cannot do without. It says nothing rather than guess.
 * Measured by `npm run figures -w plugins/news`.
 */

const SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/[іїєґ]/giu, 'uk'],
  [/\p{Script=Cyrillic}/gu, 'ru'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Arabic}/gu, 'ar'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Devanagari}/gu, 'hi'],
];

const SMALL_WORDS: Readonly<Record<string, string>> = {
  en: 'a no do i all over me per can if or he she we you they the of and to in for is on with as at by from that after says its will are has up be an it over this more than but amid ahead new was not have their his who what why how into out may could should would about against before between down off only still top best high low two year years week day first last market markets stocks shares bank india today near under via set see sees buy sell',
  de: 'der die das und ist im in den von zu mit auf für ein eine nicht des dem sich auch als nach bei wird aus an um über vor zum zur einen noch wie sind hat bleibt trotz gegen',
  fr: 'le la les des et est en du un une pour dans sur que qui au par pas plus avec aux ce son sa ses après face sont mais ou cette être ont selon contre',
  es: 'el la los las de del y en que un una por para con se su al lo más como pero sus tras es son sobre este esta ante entre hasta según ha',
  it: 'il la le di del della e in che un una per con non si da al dei è sono nel alla più delle gli anche dopo su come dalla ha',
  pt: 'o a os as de do da dos das e em que um uma para com não se no na por mais ao é são após como pelo pela sobre nos nas até foi',
  nl: 'de het een en van in is op te dat die voor met zijn niet aan er om ook als bij naar door nog over uit wordt maar tot meer',
  sv: 'och att det i en på är som för av med den till inte om har de ett från men vid kan efter under mot sig enligt',
  da: 'og at det i en på er som for af med den til ikke om har de et fra men ved kan efter mod sig ifølge blev',
  pl: 'i w na z do się nie jest to że o po dla od za przez jak ale oraz był są może przed przy tym',
  tr: 've bir bu için ile da de olarak en çok daha sonra gibi kadar olan ise ancak göre karşı',
  id: 'yang dan di dari untuk dengan ini itu pada ke tidak akan dalam adalah oleh juga telah karena lebih atas',
};

/** Word -> languages that have it. */
const LANGUAGES = new Map<string, string[]>();
for (const [language, words] of Object.entries(SMALL_WORDS)) {
  for (const word of words.split(' ')) LANGUAGES.set(word, [...(LANGUAGES.get(word) ?? []), language]);
}

/** So much of a text is looked at. */
const MAX_LENGTH = 1_000;
/** So many letters of another script are more than a name. */
const MANY = 3;

/** ISO 639-1 code; undefined where the text does not tell. */
export function languageOf(text: string): string | undefined {
  const sample = text.slice(0, MAX_LENGTH);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  for (const [script, language] of SCRIPTS) {
    const count = sample.match(script)?.length ?? 0;
    // Ukrainian has its letters among those it shares with Russian.
    if (count >= (language === 'uk' ? 2 : MANY) && count >= letters * (language === 'uk' ? 0.02 : language === 'ja' ? 0.15 : 0.4))
      return language;
  }
  return latin(sample);
}

function latin(sample: string): string | undefined {
  const scores = new Map<string, number>();
  for (const word of sample.toLowerCase().match(/\p{L}+/gu) ?? []) {
    const languages = LANGUAGES.get(word);
    // A word of one language says more than one that several share.
    for (const language of languages ?? []) scores.set(language, (scores.get(language) ?? 0) + 1 / (languages?.length ?? 1));
  }
  const [best, next] = [...scores].sort(([, a], [, b]) => b - a);
  if (best === undefined || best[1] < 1 || best[1] < (next?.[1] ?? 0) * 1.5) return undefined;
  return best[0];
}

/** A declared language in the form of BCP 47 (`en-us` -> `en-US`); undefined where it is none. */
export function declaredLanguage(text: string | undefined): string | undefined {
  const bare = text?.trim().replaceAll('_', '-');
  if (bare === undefined || !/^[a-z]{2,3}(?:-[a-z\d]{2,8})*$/i.test(bare) || bare.length > 35) return undefined;
  try {
    return Intl.getCanonicalLocales(bare)[0];
  } catch {
    return undefined;
  }
}
