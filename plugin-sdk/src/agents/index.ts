/** What backend and host both compute of agents' answers. */
export { canonicalJson } from './canonical-json.ts';
export { combineForecasts, isSameCombination } from './combine.ts';
export { faultOfForecast } from './figures.ts';
export { answerBytes, answerDigest, consensusBytes, isSigned, publicKeyOf, rosterBytes, signBytes } from './signature.ts';
