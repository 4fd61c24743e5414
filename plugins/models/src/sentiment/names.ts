/** What currencies, metals and indices are called in English. A name that also means something else counts only where the record says that it is concerned. */
export interface Name {
  /** ISO 4217 code, or the canonical symbol of what is no pair. */
  readonly of: string;
  /** Source of a regular expression, matched as a whole word, whatever its case. */
  readonly match: string;
  readonly ambiguous?: true;
}

const OF_ANOTHER = '(?<!(?:australian|aussie|canadian|new zealand|kiwi|hong kong|singapore|taiwan) )';

export const NAMES: readonly Name[] = [
  { of: 'USD', match: `${OF_ANOTHER}(?:u\\.?s\\.? )?dollar|greenback` },
  { of: 'EUR', match: 'euro(?![ -](?:zone|area|stoxx|cup|20))|single currency' },
  { of: 'GBP', match: 'pound sterling|sterling|british pound|the pound' },
  { of: 'GBP', match: 'pound', ambiguous: true },
  { of: 'JPY', match: '(?:japanese )?yen' },
  { of: 'CHF', match: 'swiss franc|swissie' },
  { of: 'CHF', match: 'franc', ambiguous: true },
  { of: 'AUD', match: 'australian dollar|aussie dollar' },
  { of: 'AUD', match: 'aussie', ambiguous: true },
  { of: 'NZD', match: 'new zealand dollar|kiwi dollar' },
  { of: 'NZD', match: 'kiwi', ambiguous: true },
  { of: 'CAD', match: 'canadian dollar|loonie' },
  { of: 'CNY', match: 'yuan|renminbi' },
  { of: 'INR', match: '(?:indian )?rupee' },
  { of: 'KRW', match: 'south korean won|korean won' },
  { of: 'KRW', match: 'won', ambiguous: true },
  { of: 'SEK', match: 'swedish krona' },
  { of: 'NOK', match: 'norwegian krone' },
  { of: 'MXN', match: 'mexican peso' },
  { of: 'ZAR', match: 'south african rand' },
  { of: 'TRY', match: '(?:turkish )?lira' },
  { of: 'RUB', match: 'rouble|ruble' },
  { of: 'BRL', match: 'brazilian real' },
  { of: 'GBPUSD', match: 'cable', ambiguous: true },
  { of: 'XAU', match: 'gold(?! coast)|bullion' },
  { of: 'XAG', match: 'silver(?! lake)' },
  { of: 'BTC', match: 'bitcoin' },
  { of: 'ETH', match: 'ethereum' },
  { of: 'DXY', match: 'dollar index|dxy' },
  { of: 'US500', match: 's&p(?: ?500)?|wall street' },
  { of: 'US30', match: 'dow(?: jones)?' },
  { of: 'US100', match: 'nasdaq' },
  { of: 'DE40', match: 'dax' },
  { of: 'UK100', match: 'ftse(?: 100)?' },
  { of: 'JP225', match: 'nikkei(?: 225)?' },
  { of: 'HK50', match: 'hang seng' },
  { of: 'USOIL', match: 'wti|crude(?: oil)?|oil(?= (?:price|slip|fall|rise|gain|drop|jump|edge|settle|steadies|climb|slump))' },
  { of: 'UKOIL', match: 'brent' },
];

/** Who sets the interest of a currency. What they do moves it, but they are not it: they are never masked as the target. */
export const BANKS: readonly Name[] = [
  { of: 'USD', match: 'fed|federal reserve|fomc|powell' },
  { of: 'EUR', match: 'ecb|european central bank|lagarde' },
  { of: 'GBP', match: "boe|bank of england|uk's central bank" },
  { of: 'JPY', match: 'boj|bank of japan' },
  { of: 'CHF', match: 'snb|swiss national bank' },
  { of: 'AUD', match: 'rba|reserve bank of australia' },
  { of: 'NZD', match: 'rbnz|reserve bank of new zealand' },
  { of: 'CAD', match: 'boc|bank of canada' },
  { of: 'CNY', match: "pboc|people's bank of china" },
  { of: 'INR', match: 'rbi|reserve bank of india' },
  { of: 'SEK', match: 'riksbank' },
  { of: 'NOK', match: 'norges bank' },
];
