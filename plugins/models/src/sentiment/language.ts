/** Frequent little words of each language; none is in two lists, or one of English. */
const LITTLE_WORDS: Readonly<Record<string, string>> = {
  en: 'the of to and for with as from by at after over amid up its has be are will says is that this it on in',
  de: 'der die und das den von mit für auf dem nicht ist im wird nach bei zum über eine',
  fr: 'le les des du et en pour dans sur une est au aux avec par plus à',
  es: 'el los las y por una con para del se su más como tras al',
  it: 'il gli della di che per nel una con sono dei alla più è',
  pt: 'os não em da uma com para dos ao mais são pelo após',
  nl: 'het een van voor met op aan niet dat zijn naar wordt bij',
};
const SETS = Object.entries(LITTLE_WORDS).map(([language, words]) => [language, new Set(words.split(' '))] as const);

/**
 * The language that a text seems to be in: `other` where most of its letters are not Latin; `en` where nothing speaks against it. Headlines are short: it
 * takes two words of another language, and more of them than of English.
 */
export function languageOf(text: string): string {
  const letters = text.match(/\p{L}/gu) ?? [];
  const latin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).length;
  if (letters.length > 0 && latin < letters.length * 0.6) return 'other';
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const counts = SETS.map(([language, set]) => ({ language, count: words.filter((word) => set.has(word)).length }));
  const english = counts[0]?.count ?? 0;
  const best = counts.reduce((most, one) => (one.count > most.count ? one : most));
  return best.count >= 2 && best.count > english ? best.language : 'en';
}
