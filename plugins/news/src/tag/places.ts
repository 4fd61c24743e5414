/** Central banks, countries and their people, and the currency that news of them concerns. */
import type { CurrencyCode } from '@tickhub/plugin-sdk/markets';
import type { Rule } from './rule.ts';

const COMPANY =
  '[ ](?:Airlines|Airways|Express|Eagle|Tower|Oil|Overseas|Hotels|Bank\\b|Tobacco|American Tobacco|Axle|Petroleum|Gas|Steel|Telecom|Water|Land|Natural|Pacific|Tire|Goose|Terrain|Railways|Idol|[Bb]reakfast|Electric Power|International Group|Home Products)';

/** Currency -> central banks, as they are written. */
const CENTRAL_BANKS: Readonly<Partial<Record<CurrencyCode, string>>> = {
  USD: "(?:Fed(?:'s)?|Federal Reserve|FOMC|Federal Open Market Committee|US Fed|U\\.S\\. Fed)",
  EUR: "(?:ECB|European Central Bank|Bundesbank|Banque de France|Bank of Italy|Banca d'Italia)",
  GBP: '(?:Bank of England|BoE|BOE)',
  JPY: '(?:Bank of Japan|BoJ|BOJ)',
  CHF: '(?:SNB|Swiss National Bank)',
  AUD: '(?:Reserve Bank of Australia|RBA)',
  NZD: '(?:Reserve Bank of New Zealand|RBNZ)',
  CAD: '(?:Bank of Canada|BoC)',
  CNY: "(?:People's Bank of China|PBo?OC|PBoC)",
  SEK: '(?:Riksbank)',
  NOK: '(?:Norges Bank)',
  DKK: '(?:Danmarks Nationalbank)',
  INR: '(?:Reserve Bank of India|RBI)',
  BRL: '(?:Copom|Central Bank of Brazil|Banco Central do Brasil)',
  MXN: '(?:Banxico|Bank of Mexico)',
  RUB: '(?:Bank of Russia)',
  TRY: '(?:CBRT|Central Bank of (?:the Republic of )?T(?:urkey|ürkiye))',
  ZAR: '(?:SARB|South African Reserve Bank)',
  KRW: '(?:Bank of Korea|BOK)',
  SGD: '(?:Monetary Authority of Singapore)',
  HKD: '(?:HKMA|Hong Kong Monetary Authority)',
  IDR: '(?:Bank Indonesia)',
  PLN: '(?:National Bank of Poland|NBP)',
  ILS: '(?:Bank of Israel)',
};

/** Currency -> places and people. The case counts: `US`, never `us`. */
const PLACES: Readonly<Partial<Record<CurrencyCode, string>>> = {
  USD: '(?:US|U\\.S\\.?|USA|United States|America|American|Americans|Washington|Wall Street|White House|Wall St)',
  EUR: '(?:[Ee]uro ?-?[Zz]one|[Ee]uro [Aa]rea|Germany?|German|Germans|France|French|Ital(?:y|ian)|Spain|Spanish|Greece|Greek|Netherlands|Dutch|Belgi(?:um|an)|Austrian?|Irish|Ireland|Portug(?:al|uese)|Finland|Finnish|European Union|Croatian?)',
  GBP: '(?:UK|U\\.K\\.?|Britain|British|England|United Kingdom|Scotland|Scottish|London|Brexit|Gilts?)',
  JPY: '(?:Japan|Japanese|Tokyo|Tankan)',
  CHF: '(?:Switzerland|Swiss)',
  AUD: '(?:Australian?s?|Aussie)',
  NZD: '(?:New Zealand)',
  CAD: '(?:Canada|Canadian)',
  CNY: '(?:China|Chinese|Beijing|Shanghai)',
  HKD: '(?:Hong Kong)',
  SGD: '(?:Singapore)',
  SEK: '(?:Sweden|Swedish)',
  NOK: '(?:Norway|Norwegian)',
  DKK: '(?:Denmark|Danish)',
  PLN: '(?:Poland|Polish)',
  HUF: '(?:Hungary|Hungarian)',
  CZK: '(?:Czech)',
  RON: '(?:Romanian?)',
  INR: '(?:Indian?|Mumbai)',
  BRL: '(?:Brazil|Brazilian)',
  MXN: '(?:Mexico|Mexican)',
  ARS: '(?:Argentin(?:a|e|ian))',
  CLP: '(?:Chilean|Chile)',
  COP: '(?:Colombian?)',
  RUB: '(?:Russian?|Kremlin|Moscow)',
  UAH: '(?:Ukraine|Ukrainian)',
  TRY: '(?:Turkey|Türkiye|Turkish)',
  ZAR: '(?:South African?)',
  KRW: '(?:South Korean?)',
  TWD: '(?:Taiwan|Taiwanese)',
  IDR: '(?:Indonesian?)',
  MYR: '(?:Malaysian?)',
  THB: '(?:Thailand|Thai)',
  PHP: '(?:Philippines?|Filipino)',
  VND: '(?:Vietnam|Vietnamese)',
  ILS: '(?:Israel|Israeli)',
  SAR: '(?:Saudi(?: Arabian?)?)',
  AED: '(?:UAE|U\\.A\\.E\\.|Dubai|Abu Dhabi)',
  PKR: '(?:Pakistan|Pakistani)',
  EGP: '(?:Egypt|Egyptian)',
  NGN: '(?:Nigerian?)',
};

/** What stands before a place's name and makes another of it. */
const OTHER_PLACE: Readonly<Partial<Record<CurrencyCode, string>>> = {
  USD: '(?:Bank of |Latin |South |Central |North |British |Anglo )',
  EUR: '(?:West )',
  GBP: '(?:New |East |British Columbia )',
  MXN: '(?:New |Gulf of )',
  INR: '(?:American |West |Red )',
  HKD: '(?:Cathay )',
  TRY: '(?:[Rr]oast |[Cc]old )',
  AUD: '(?:Bank of )',
};
const OTHER_AFTER: Readonly<Partial<Record<CurrencyCode, string>>> = {
  GBP: '[ ](?:Columbia|Sinha|Airways|American Tobacco|Virgin)',
  USD: COMPANY,
  EUR: '[ ](?:[Pp]olish|fries|Open|[Tt]oast|Connection)',
  CHF: '[ ](?:[Cc]heese|Re\\b|Army)',
  TRY: '[ ](?:[Ss]andwich|[Dd]inner|[Bb]acon)',
  INR: `(?:${COMPANY}|[ ](?:Ocean|Wells|summer))`,
};

export const PLACE_RULES: readonly Rule[] = [
  ...(Object.entries(CENTRAL_BANKS) as [CurrencyCode, string][]).map(([code, match]): Rule => ({
    match,
    currencies: [code],
    ...(code === 'USD' && {
      notBefore: "(?:[ -](?:up\\b|by\\b|Ex\\b|Bank\\b|Cup\\b|[Ii]nto\\b)|['’]?eral)",
      notAfter: '(?:Well |Over|[Cc]orn-?|[Gg]rass[- ])',
    }),
  })),
  ...(Object.entries(PLACES) as [CurrencyCode, string][]).map(([code, match]): Rule => ({
    match,
    currencies: [code],
    ...(OTHER_PLACE[code] !== undefined && { notAfter: OTHER_PLACE[code] }),
    ...(OTHER_AFTER[code] !== undefined && { notBefore: OTHER_AFTER[code] }),
  })),
];
