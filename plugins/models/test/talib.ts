import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Bars } from '@tickhub/plugin-sdk/features';

type Prices = Pick<Bars, 'open' | 'high' | 'low' | 'close'>;

/** The parts of talib-web's WebAssembly module that are used here. */
interface TalibModule {
  readonly HEAP32: Int32Array;
  readonly HEAPF64: Float64Array;
  readonly _malloc: (bytes: number) => number;
  readonly [name: string]: unknown;
}

/** TA-Lib's answers, by the name of a `CDL` function without its prefix: one number per bar, 0 for the bars of its lookback. */
export type Oracle = (name: string, prices: Prices) => Int32Array;

/** TA-Lib's defaults for the penetration of the functions that have one, as its reference lists them. */
const PENETRATION: Readonly<Record<string, number>> = {
  ABANDONEDBABY: 0.3,
  DARKCLOUDCOVER: 0.5,
  EVENINGDOJISTAR: 0.3,
  EVENINGSTAR: 0.3,
  MATHOLD: 0.5,
  MORNINGDOJISTAR: 0.3,
  MORNINGSTAR: 0.3,
};

/** TA-Lib's default candle settings in the order of its enum: range (0 body, 1 high to low, 2 shadows), period, factor. */
const SETTINGS: readonly (readonly [range: number, period: number, factor: number])[] = [
  [0, 10, 1], // BodyLong
  [0, 10, 3], // BodyVeryLong
  [0, 10, 1], // BodyShort
  [1, 10, 0.1], // BodyDoji
  [0, 0, 1], // ShadowLong
  [0, 0, 2], // ShadowVeryLong
  [2, 10, 1], // ShadowShort
  [1, 10, 0.1], // ShadowVeryShort
  [1, 5, 0.2], // Near
  [1, 5, 0.6], // Far
  [1, 5, 0.05], // Equal
];
const BODY_DOJI = 3;
/** `struct { int type; int range; int period; double factor }`, in words of 4 bytes. */
const SETTING_WORDS = 6;
const PERIOD_WORD = 2;
/** Static memory of the module is under this address. */
const STATIC_BYTES = 65_536;

/**
 * Loads talib-web: TA-Lib's C code as WebAssembly, a development dependency, never shipped. Two things are missing in it. Its build leaves `TA_Initialize` out, so
 * that all candle settings are 0: they are found in its memory and set here. Its JavaScript reads the whole numbers of the `CDL` functions as
 * doubles: they are called past it. The rules themselves are TA-Lib's.
 */
export async function openTalib(capacity: number): Promise<Oracle> {
  const require = createRequire(import.meta.url);
  const { init } = require('talib-web') as { readonly init: (url: string) => Promise<TalibModule> };
  // It fetches its code, and Node's fetch knows no paths.
  const code = readFileSync(require.resolve('talib-web/lib/talib.wasm')).toString('base64');
  const module = await init(`data:application/wasm;base64,${code}`);
  const columns = Array.from({ length: 4 }, () => module._malloc(capacity * 8));
  const [began, count, answers] = [module._malloc(4), module._malloc(4), module._malloc(capacity * 4)] as const;

  const call = (name: string, length: number): void => {
    const find = module[`_TA_CDL${name}`] as ((...args: number[]) => number) | undefined;
    if (find === undefined) throw new Error(`TA-Lib has no CDL${name}`);
    const penetration = PENETRATION[name];
    const status = find(0, length - 1, ...columns, ...(penetration === undefined ? [] : [penetration]), began, count, answers);
    if (status !== 0) throw new Error(`TA-Lib's CDL${name} gave the status ${status}`);
  };
  setCandleSettings(module, () => {
    call('DOJI', 20);
    return module.HEAP32[began / 4] as number;
  });
  return (name, { open, high, low, close }) => {
    if (open.length > capacity) throw new Error(`${open.length} bars where there is room for ${capacity}`);
    [open, high, low, close].forEach((prices, i) => module.HEAPF64.set(prices, (columns[i] as number) / 8));
    call(name, open.length);
    const found = new Int32Array(open.length);
    const [from, size] = [module.HEAP32[began / 4] as number, module.HEAP32[count / 4] as number];
    found.set(module.HEAP32.subarray(answers / 4, answers / 4 + size), from);
    return found;
  };
}

/** @param dojiPeriod the period of the doji setting, as the first index that TA-Lib answers shows it. */
function setCandleSettings({ HEAP32, HEAPF64 }: TalibModule, dojiPeriod: () => number): void {
  const unlikely = 13;
  for (let word = 256; word < STATIC_BYTES / 4; word++) {
    if (HEAP32[word] !== 0) continue;
    HEAP32[word] = unlikely;
    const found = dojiPeriod() === unlikely;
    HEAP32[word] = 0;
    if (!found) continue;
    const first = word - PERIOD_WORD - BODY_DOJI * SETTING_WORDS;
    SETTINGS.forEach(([range, period, factor], type) => {
      const at = first + type * SETTING_WORDS;
      HEAP32.set([type, range, period], at);
      HEAPF64[(at + 4) / 2] = factor;
    });
    return;
  }
  throw new Error('the candle settings of TA-Lib are not where they are looked for');
}
