/** Where the bars of a symbol come from, and how its prices are written. */
export interface EvaluationSymbol {
  readonly symbol: string;
  /** Decimal digits of a price. */
  readonly digits: number;
  /** Of the originals, below their folder. */
  readonly original: string;
  readonly source: 'ejtrader' | 'lean';
}

export const H1 = 3_600_000;

/**
 * From here on the repository has bars of a source. What models need before the first day of the test (1,000 days of HAR and 480 bars) lies after it; EURUSD's
 * go back further, so that training has seen 2008.
 */
export const FIRST_BAR: Readonly<Record<EvaluationSymbol['source'], number>> = {
  ejtrader: Date.UTC(2013, 0, 1),
  lean: Date.UTC(2007, 0, 1),
};

/** The symbols that models are trained and evaluated on, H1 bars each. */
export const SYMBOLS: readonly EvaluationSymbol[] = [
  { symbol: 'AUDUSD', digits: 5, original: 'bars-h1/ejtrader/AUDUSD.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'EURJPY', digits: 3, original: 'bars-h1/ejtrader/EURJPY.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'EURUSD', digits: 5, original: 'bars-h1/lean/EURUSD.oanda.h1.csv.zst', source: 'lean' },
  { symbol: 'GBPUSD', digits: 5, original: 'bars-h1/ejtrader/GBPUSD.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'USDCAD', digits: 5, original: 'bars-h1/ejtrader/USDCAD.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'USDCHF', digits: 5, original: 'bars-h1/ejtrader/USDCHF.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'USDJPY', digits: 3, original: 'bars-h1/ejtrader/USDJPY.h1.csv.zst', source: 'ejtrader' },
  { symbol: 'XAUUSD', digits: 2, original: 'bars-h1/ejtrader/XAUUSD.h1.csv.zst', source: 'ejtrader' },
];
