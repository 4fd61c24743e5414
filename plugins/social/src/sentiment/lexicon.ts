/**
 * The words that the scorer knows, written for this plugin: what traders and headlines say of a direction. Weights are from -3 to 3, bearish to bullish.
 * A word stands for all its forms that are listed; there is no stemming, since `short` and `shorts` differ here.
 */
function weighed(weight: number, words: string): [string, number][] {
  return wordsOf(words).map((word) => [word, weight]);
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/);
}

export const WORDS: ReadonlyMap<string, number> = new Map([
  ...weighed(3, 'mooning moonshot skyrockets skyrocketed skyrocketing multibagger tendies'),
  ...weighed(
    2.5,
    `soar soars soared soaring surge surges surged surging rocket rockets rocketing bullish zooms zoomed outperform outperforms outperformed
    outperforming upgrade upgrades upgraded breakout breakouts moon lambo`,
  ),
  ...weighed(
    2,
    `rally rallies rallied rallying jump jumps jumped jumping beat beats beating gain gains gained gaining gainer gainers boom booming
    bull bulls rebound rebounds rebounded rebounding spike spikes spiked climb climbs climbed climbing rise rises rose rising risen
    profitable record-high undervalued overweight spurt spurts advances advanced buy buying bought accumulate`,
  ),
  ...weighed(
    1.5,
    `up higher calls long longs longing strong stronger strongest strength growth grow grows grew growing recover recovers recovered
    recovery recoup recoups recouped raise raises raised hike hikes hiked boost boosts boosted boosting exceed exceeds exceeded     win wins won winning winner winners upside positive optimistic optimism upbeat confident good great best better
    improve improves improved improving improvement robust solid stellar bounce bounces bounced bouncing highs     green bottomed oversold edges accretive bargain reversal love attractive healthy lift lifts lifted doubles doubled nice buyback buybacks`,
  ),
  ...weighed(
    1,
    `support supports supported approves approval approved partnership expands expansion expand reward
    profit profits benefit benefits benefited opportunity potential promising eases eased stabilise stabilises cheap
    upward resumes resumed secures secured signs bags target-raised inflows inflow wow happy high highest hopes above upswing`,
  ),
  ...weighed(
    -1,
    `risk risks volatile volatility uncertainty cautious caution concerns concern delay delays delayed lawsuit probe
    investigation inflation debt outflows outflow suspend suspends suspended cuts cut trims trimmed trim reduces reduced tariff tariffs
    pressure pressured pares pared expensive pullback worry worries worried fear fears struggles struggling scrutiny red halts halted low sues`,
  ),
  ...weighed(
    -1.5,
    `down lower puts short shorts shorting shorted weak weaker weakest weakness lose loses losing lost loss losses miss misses missed missing
    decline declines declined declining drop drops dropped dropping fall falls fell falling fallen slip slips slipped slipping dip
    dips dipped slide slides sliding slid ease-off sell sells selling sold negative pessimistic bad worse worst disappointing
    disappoints disappointed disappointment downside lows warns warning warned overvalued overbought underweight slows slowed slowdown slowing
    shrinks shrank contraction contracts topped-out resistance rejected rejection bubble hurt hurts drags drag dragged
    retreat retreats retreated retreating sheds shed underperform underperforms underperformed underperforming lackluster sour sink hit below lowest
    widens widened poor sluggish subdued muted weigh weighs weighed woes fails failed`,
  ),
  ...weighed(
    -2,
    `bear bears tumble tumbles tumbled tumbling slump slumps slumped slumping sinks sank sinking tank tanks tanked tanking downgrade
    downgrades downgraded skid skids skidded nosedive nosedives recession default defaults scam scammer overextended dump dumps dumped dumping
    selloff sell-off bleeding bleed bleeds bagholder bagholders bagholding trap rekt garbage trash dead crisis layoffs hammered battered slash slashes slashed`,
  ),
  ...weighed(
    -2.5,
    `bearish plunge plunges plunged plunging crater craters cratered collapse collapses collapsed collapsing plummet plummets
    plummeted plummeting fraud bankrupt bankruptcy insolvent halved crashes crashed crashing crash capitulation`,
  ),
  ...weighed(-3, 'worthless ponzi rugpull rugged'),
]);

/** Sequences of words that mean other than their parts. Looked for before single words; longest first. */
export const PHRASES: ReadonlyMap<string, number> = new Map([
  ['to the moon', 3],
  ['short squeeze', 2.5],
  ['buy the dip', 2],
  ['buying the dip', 2],
  ['bought the dip', 2],
  ['buy the fear', 1.5],
  ['all time high', 2],
  ['all time highs', 2],
  ['52 week high', 2],
  ['record high', 2],
  ['week high', 2],
  ['month high', 2],
  ['year high', 2],
  ['raised to', 2],
  ['net up', 2],
  ['loss widens', -2.5],
  ['week low', -2],
  ['month low', -2],
  ['year low', -2],
  ['cut to', -2],
  ['net down', -2],
  ['new high', 2],
  ['new highs', 2],
  ['higher high', 2],
  ['price target raised', 2],
  ['target raised', 2],
  ['raises target', 2],
  ['pt raised', 2],
  ['diamond hands', 2],
  ['loading up', 2],
  ['load up', 1.5],
  ['going long', 2],
  ['go long', 2],
  ['stay put', 0.5],
  ['bear trap', 2],
  ['bottom is in', 2],
  ['narrows loss', 1.5],
  ['loss narrows', 1.5],
  ['net loss narrows', 1.5],
  ['beats estimates', 2.5],
  ['above estimates', 2],
  ['cut rates', 0],
  ['price cut', -1],
  ['rate cut', 0],
  ['rate cuts', 0],
  ['rate hike', 0],
  ['rate hikes', 0],
  ['long term', 0],
  ['short term', 0],
  ['long time', 0],
  ['so long', 0],
  ['as long as', 0],
  ['how long', 0],
  ['in short', 0],
  ['start up', 0],
  ['set up', 0],
  ['sign up', 0],
  ['settle down', 0],
  ['whats up', 0],
  ['buy or sell', 0],
  ['long or short', 0],
  ['calls or puts', 0],
  ['up or down', 0],
  ['conference call', 0],
  ['conference calls', 0],
  ['stop loss', 0],
  ['hold rating', 0],
  ['ups and downs', 0],
  ['profit booking', -2],
  ['profit taking', -1.5],
  ['take profit', -0.5],
  ['sell the news', -1.5],
  ['sell the rip', -2],
  ['sell off', -2],
  ['dead cat bounce', -2.5],
  ['bull trap', -2],
  ['falling knife', -2],
  ['rug pull', -3],
  ['bag holder', -2],
  ['bag holders', -2],
  ['going short', -2],
  ['go short', -2],
  ['short seller', -1.5],
  ['short sellers', -1.5],
  ['price target cut', -2],
  ['target cut', -2],
  ['cuts target', -2],
  ['pt cut', -2],
  ['pt lowered', -2],
  ['target lowered', -2],
  ['52 week low', -2],
  ['all time low', -2],
  ['record low', -2],
  ['new low', -2],
  ['new lows', -2],
  ['lower low', -2],
  ['below estimates', -2],
  ['misses estimates', -2.5],
  ['going to zero', -3],
  ['go to zero', -3],
  ['pump and dump', -2.5],
  ['cut to hold', -2],
  ['cut to sell', -2.5],
  ['cuts to hold', -2],
  ['cuts to sell', -2.5],
  ['under pressure', -2],
  ['in the red', -2],
  ['in the green', 2],
]);

/** Signs that a post shows its direction with. */
export const EMOJI: ReadonlyMap<string, number> = new Map([
  ['🚀', 2.5],
  ['🌙', 1.5],
  ['📈', 2],
  ['🐂', 2],
  ['🐃', 1.5],
  ['💎', 1.5],
  ['🤑', 1.5],
  ['💰', 1],
  ['🟢', 1.5],
  ['🔥', 1],
  ['💪', 1],
  ['✅', 0.5],
  ['👍', 1],
  ['🎉', 1],
  ['📉', -2],
  ['🐻', -2],
  ['🔴', -1.5],
  ['🩸', -2],
  ['💩', -2],
  ['🤡', -1.5],
  ['☠', -2],
  ['💀', -1.5],
  ['⚰', -2],
  ['🗑', -2],
  ['👎', -1.5],
  ['😭', -1],
  ['😱', -1],
  ['⚠', -1],
]);

/** Turn what follows within {@link NEGATION_REACH} words around. */
export const NEGATIONS: ReadonlySet<string> = new Set(
  wordsOf(`not no never neither nor without hardly barely cannot cant dont doesnt didnt wont isnt arent wasnt werent aint shouldnt
  wouldnt couldnt havent hasnt nothing stop fails failed unlikely`),
);
export const NEGATION_REACH = 3;

/** Make the next word weigh more, or less. */
export const DEGREES: ReadonlyMap<string, number> = new Map([
  ...weighed(1.4, 'very really super extremely massive massively huge hugely sharply strongly insanely fucking'),
  ...weighed(0.6, 'slightly somewhat bit little kinda maybe marginally modestly mildly partly'),
]);

/** Turn of the sentence: what comes after it counts more than what came before. */
export const TURNS: ReadonlySet<string> = new Set(['but', 'however', 'although', 'though', 'yet']);
