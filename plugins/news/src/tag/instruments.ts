/**
 * Metals, energy, coins and indices by name, and their canonical symbols: those that the mt5 plugin's mapping gives to a broker's. The config's `rename`
 * maps them to others.
 */
import type { MarketSymbol } from '@tickhub/plugin-sdk/markets';
import type { Rule } from './rule.ts';

const OIL: readonly MarketSymbol[] = ['USOIL', 'UKOIL'];
const COMPANY_AFTER =
  '[ ](?:Corp|Inc|Ltd|Limited|Co\\b|Company|Companies|Group|Holdings|Resources|Mining|Mines|Miners?\\b|Plc|PLC|Fields|Road|Royalty)';

export const INSTRUMENT_RULES: readonly Rule[] = [
  {
    match: '(?:[Gg]old|GOLD|[Bb]ullion|[Yy]ellow [Mm]etal)',
    symbols: ['XAUUSD'],
    notAfter:
      "(?:[Oo]lympic |Barrick |Harmony |Kinross |Newcrest |Equinox |Perseus |Muthoot |Manappuram |[Ww]hite |[Bb]lack |[Dd]igital |Randgold |[Ww]ins |[Ww]in |[Ss]trike[s]? |NYSE: ?|\\$|[Gg]oing for |[Rr]ose |Royal |St\\.? |Fool's )",
    notBefore: `(?:${COMPANY_AFTER}|[ -](?:Coast|[Mm]edal|[Mm]edall?ists?|[Cc]ard|[Cc]up|[Rr]ush|[Dd]igg|[Pp]lated|[Ss]tandard|[Ll]oans?\\b|[Mm]embers|[Ff]ish|[Bb]lum|[Ss]eal|Plus|Gym|[Ll]eaf|[Ss]tar|[Ww]ater))`,
  },
  {
    match: '(?:[Ss]ilver|SILVER)',
    symbols: ['XAGUSD'],
    notAfter: '(?:[Ss]terling |[Qq]uick|Hi[- ]?Ho |[Gg]erman |[Nn]ate |Long John |[Ww]ins |[Ww]in )',
    notBefore: `(?:${COMPANY_AFTER}|[ -](?:[Ll]inings?|[Mm]edal|Lake|[Ss]pring|[Ss]creen|[Bb]ullet|[Tt]ongue|Spoon|[Hh]aired|[Ss]urfer|[Jj]ubilee|Point|Bay|Cross|[Ss]treak|[Tt]ip|Line|Oak|[Gg]ate|[Ss]tar))`,
  },
  {
    match: '(?:[Pp]latinum|PLATINUM)',
    symbols: ['XPTUSD'],
    notBefore: `(?:${COMPANY_AFTER}|[ -](?:[Cc]ards?|[Jj]ubilee|Equity|[Ss]tatus|[Mm]embers?|[Ss]elling|[Aa]lbum))`,
    notAfter: '(?:Anglo(?: American)? |Impala |[Gg]oes )',
  },
  { match: '(?:[Pp]alladium|PALLADIUM)', symbols: ['XPDUSD'], notAfter: 'London ' },
  { match: '(?:[Cc]opper|COPPER)', symbols: ['XCUUSD'], notAfter: '(?:Hindustan |Southern )', notBefore: COMPANY_AFTER },
  {
    match: '(?:[Bb]rent(?: [Cc]rude)?)',
    symbols: ['UKOIL'],
    notBefore: '[ ](?:Spence|Council|Cross|Thill|Saunders|Sopel|Scowcroft|Renaud)',
  },
  { match: '(?:WTI|West Texas Intermediate|[Uu]\\.?[Ss]\\.? [Cc]rude|NYMEX [Cc]rude)', symbols: ['USOIL'] },
  {
    match: '(?:[Cc]rude(?: [Oo]ils?)?|CRUDE)',
    symbols: OIL,
    notAfter: '(?:Brent |WTI |Urals |NYMEX |U\\.?S\\.? )',
    notBefore: '[ ](?:[Pp]alm|[Jj]oke|[Bb]omb|[Ss]teel|[Ss]oy|[Aa]ttempt|[Rr]emark)',
  },
  {
    match: '(?:[Oo]il|OIL)',
    symbols: OIL,
    notAfter:
      '(?:[Pp]alm |[Pp]almolein |[Mm]entha |[Ii]ndustrial |Essar |Selan |[Oo]live |[Bb]ran |[Ee]dible |[Cc]ooking |[Vv]egetable |[Ss]oy(?:a|bean)? |[Ss]unflower |[Cc]oconut |[Mm]ustard |[Rr]apeseed |[Cc]anola |[Ff]ish |[Ee]ssential |[Hh]air |[Ss]nake |[Mm]idnight |Indian |[Ss]hale |[Cc]rude |CBD |[Cc]astor |[Ss]oy |[Hh]emp |[Mm]otor |[Ee]ngine |[Mm]arathon |Murphy |Kirloskar |Imperial |[Gg]roundnut |[Cc]otton(?:seed)? |Hindustan |Tel |[Ww]hale |Energy )',
    notBefore: `(?:${COMPANY_AFTER}|[ -](?:India\\b|[Pp]aint(?:ing)?s?|[Ss]eeds?|[Cc]ans?\\b|[Mm]eal|[Ee]ngines?|[Mm]inist|[Mm]arketing|[Cc]ompan(?:y|ies)|[Ff]irms?\\b|[Mm]ajors?\\b|[Ee]xploration|PSUs?\\b|[Cc]hange|Search|States|[Rr]ig [Ff]ire|[Mm]inister)|[ ]?(?:&|and)[ ]?(?:[Nn]atural )?[Gg]as)`,
  },
  { match: 'OPEC\\+?|Opec\\+?', symbols: OIL },
  {
    match: '(?:[Nn]atural [Gg]as|NATGAS|Henry Hub)',
    symbols: ['NATGAS'],
    notBefore: `(?:${COMPANY_AFTER}|[ ](?:Corporation|Commission))`,
    notAfter: '(?:Oil and |Oil & |[Cc]ompressed |[Ll]iquefied |& )',
  },
  { match: '(?:[Bb]itcoins?|BITCOIN|BTC|XBT)', symbols: ['BTCUSD'], notBefore: '[ ](?:[Cc]ash|SV)\\b' },
  {
    match: '(?:[Ee]thereum|ETHEREUM|[Ee]ther(?= (?:price|ETFs?|falls|rises|and|hits|jumps|futures|drops|slides)\\b)|ETH)',
    symbols: ['ETHUSD'],
    notBefore: '[ ](?:[Cc]lassic|Z[uü]rich|Zurich)',
  },
  { match: "(?:XRP|[Rr]ipple's XRP)", symbols: ['XRPUSD'] },
  { match: 'Solana', symbols: ['SOLUSD'] },
  { match: 'Dogecoin', symbols: ['DOGEUSD'] },
  { match: 'Litecoin', symbols: ['LTCUSD'] },
  { match: 'Cardano', symbols: ['ADAUSD'] },
  {
    match: '(?:S&P ?500|SPX|S&P(?= (?:futures|index|rises|falls|closes|ends|gains|slips|drops|hits|slides|jumps|edges))|E-mini S&P)',
    symbols: ['US500'],
  },
  {
    match: '(?:Dow Jones(?: Industrials?(?: Average)?)?|DJIA|Dow)',
    symbols: ['US30'],
    notAfter: '(?:DuPont[- ]|Dupont[- ]|NYSE: ?)',
    notBefore:
      '(?:[ ](?:[Nn]ewswires?|[Cc]hemicals?|Inc|Corning|AgroSciences|(?:and|&) D[Uu][Pp]ont|& Co|News|Theory|[Uu]nit|[Qq][1-4]|CEO|[Ee]arnings|[Pp]rofit|to (?:cut|sell|buy|build|close|spin))|-D[Uu][Pp]ont)',
  },
  {
    match: '(?:Nasdaq(?:[ -](?:100|Composite|futures|index))?|NASDAQ(?: (?:100|Composite|futures))?|NDX|US ?100)',
    symbols: ['US100'],
    notBefore:
      '(?:[ ]?:|-listed|[ ](?:OMX|Dubai|listing|listed|Inc\\b|to settle|eyes|board|Stock Market|Private|says|CEO|Nordic|bell|delist|debut|[Gg]lobal|compliance|notice))',
    notAfter:
      '(?:[Ll]ist(?:s|ed|ing)? on (?:the )?|[Tt]rad(?:e|es|ing|ed) on (?:the )?|[Dd]ebuts? on (?:the )?|% on |IPO on |[Ss]hares on |\\()',
  },
  { match: 'Russell 2000', symbols: ['US2000'] },
  { match: '(?:VIX|Cboe Volatility Index)', symbols: ['VIX'] },
  { match: '(?:DAX(?: ?[34]0)?|Dax)', symbols: ['DE40'] },
  {
    match: '(?:FTSE(?: ?100)?|[Ff]ootsie)',
    symbols: ['UK100'],
    notBefore: '(?:-Russell|[ ](?:250|350|MIB|[Rr]ussell|SBI|China|Bursa|Straits|EPRA|Emerging|All|Global|index provider))',
  },
  { match: 'CAC(?: ?-?40)?', symbols: ['FR40'] },
  { match: '(?:E(?:uro|URO) ?S(?:toxx|TOXX) ?50|STOXX 50)', symbols: ['EU50'] },
  {
    match: 'Nikkei(?:[ -](?:225|average|index|futures))?',
    symbols: ['JP225'],
    notBefore: '(?:[ ](?:reports?|said|says|[Aa]sia|newspaper|daily|business daily|[Ii]nc|BP|FT|learns|report)\\b|:)',
    notAfter: '(?:- |\\()',
  },
  { match: 'Hang Seng', symbols: ['HK50'], notBefore: '[ ]Bank' },
  { match: '(?:ASX ?200|S&P/ASX)', symbols: ['AU200'] },
  { match: '(?:Swiss Market Index|SMI(?= (?:index|falls|rises|ends|closes|gains)\\b))', symbols: ['CH20'] },
  { match: 'I(?:BEX|bex)(?: ?35)?', symbols: ['ES35'] },
  {
    match: '(?:Nifty(?: ?50)?|NIFTY(?: ?50)?)',
    symbols: ['IN50'],
    notBefore: '[ ](?:[Bb]ank|IT|Midcap|Smallcap|Auto|Pharma|Junior|PSU|Metal|Realty|500|FMCG|Next)\\b',
    notAfter: '(?:Bank |CNX )',
  },
];
