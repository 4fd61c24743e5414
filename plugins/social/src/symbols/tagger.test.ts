import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCIES } from './catalogue.ts';
import { SymbolTagger } from './tagger.ts';

const tagger = new SymbolTagger();
const inPublic = (text: string) => tagger.tag({ text, marketPlace: false });
const amongTraders = (text: string) => tagger.tag({ text, marketPlace: true });

describe('SymbolTagger', () => {
  it.each([
    ['$SPY to the moon', ['SPY']],
    ['long $EURUSD, short $GBPJPY', ['EURUSD', 'GBPJPY']],
    ['$BTC.X and $ETH.X', ['BTCUSD', 'ETHUSD']],
    ['$btc dips', ['BTCUSD']],
    ['$GC_F broke 4000, $ES_F too', ['XAUUSD', 'US500']],
    ['$BRK.B forever', ['BRK.B']],
    ['I like $AAPL.', ['AAPL']],
    ['$F, $T', ['F', 'T']],
    ['$AAPL $AAPL $AAPL', ['AAPL']],
    ['$XAU', ['XAUUSD']],
  ])('reads cashtags: %s', (text, symbols) => expect(inPublic(text)).toEqual(symbols));

  it.each([
    ['it costs $100'],
    ['paid $5k, or $2M, $USD'],
    ['echo $PATH $HOME'],
    ['$_GET and $foo in PHP'],
    ['US$AAA'],
    ['$$$ money $$$'],
    ['make $ake'],
  ])('leaves alone what only looks like a cashtag: %s', (text) => expect(inPublic(text)).toEqual([]));

  it.each([
    ['EUR/USD at 1.08', ['EURUSD']],
    ['eurusd, GBPJPY', ['EURUSD', 'GBPJPY']],
    ['#EURUSD #forex', ['EURUSD']],
    ['XAU/USD and BTC/USDT', ['XAUUSD', 'BTCUSD']],
    ['BTCUSD', ['BTCUSD']],
    ['usd / jpy', ['USDJPY']],
  ])('reads pairs: %s', (text, symbols) => expect(inPublic(text)).toEqual(symbols));

  it.each([['USD/USD'], ['myEurUsdBot'], ['EURUSDT20'], ['try cad software'], ['eur-inr-']])('but not %s', (text) =>
    expect(inPublic(text)).toEqual([]),
  );

  it.each([
    ['gold price hits a record', ['XAUUSD']],
    ['Bitcoin and the S&P 500', ['BTCUSD', 'US500']],
    ['crude oil, dollar index', ['USOIL', 'DXY']],
    ['silver is bullish', ['XAGUSD']],
    // As the mt5 plugin has it, and not GER40.
    ['DAX futures', ['DE40']],
  ])('reads names: %s', (text, symbols) => expect(inPublic(text)).toEqual(symbols));

  it.each([
    ['she won a gold medal'],
    ['gold medal price'],
    ['my golden retriever'],
    ['a silver lining'],
    ['a heart of gold'],
    ['the dow of pooh'],
    ['@bitcoin'],
  ])('does not take for a market: %s', (text) => expect(inPublic(text)).toEqual([]));

  it('takes gold for the metal where the place is about markets', () => {
    expect(inPublic('gold looks tired')).toEqual([]);
    expect(amongTraders('gold looks tired')).toEqual(['XAUUSD']);
  });

  it('believes what the network itself says', () => {
    expect(tagger.tag({ text: 'up we go', tags: ['EURUSD', 'BTC.X', 'GOLD', 'ABCDE'], marketPlace: true })).toEqual([
      'EURUSD',
      'BTCUSD',
      'GOLD',
      'ABCDE',
    ]);
    expect(tagger.tag({ text: '', tags: ['<b>.X', 'A B', '', 'BTC.X.Y', 'ES_F', '$SPY'], marketPlace: true })).toEqual(['US500', 'SPY']);
  });

  it('renames, and keeps only what is wanted', () => {
    const own = new SymbolTagger({ XAUUSD: 'GOLD', SPY: 'SPY.US' }, ['GOLD', 'SPY.US']);
    expect(own.tag({ text: '$SPY $QQQ xauusd', marketPlace: true })).toEqual(['SPY.US', 'GOLD']);
  });

  it('reads every pair of currencies that it knows, in either spelling', () => {
    const code = fc.constantFrom(...CURRENCIES.filter((code) => !code.startsWith('X')));
    fc.assert(
      fc.property(code, code, fc.constantFrom('', '/'), (base, quote, mark) => {
        fc.pre(base !== quote);
        expect(inPublic(`look: ${base}${mark}${quote} now`)).toEqual([base + quote]);
      }),
    );
  });

  it('gives at most 50 symbols of any text, each once', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('$', '$$', '$A', 'EUR', '/', 'USD', 'gold', ' ', 'price', '$BTC.X', 'eurusd', '_F', 's&p 500', 'medal'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const text = pieces.join('');
        const symbols = amongTraders(text);
        expect(symbols.length).toBeLessThanOrEqual(50);
        expect(new Set(symbols).size).toBe(symbols.length);
      }),
    );
  });
});
