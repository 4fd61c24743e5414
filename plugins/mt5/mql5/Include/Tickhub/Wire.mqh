// Tickhub MT5 link, protocol 2: numbers on the wire. The byte layout is in plugins/mt5/LINK.md.
#ifndef TICKHUB_WIRE_MQH
#define TICKHUB_WIRE_MQH

#define TH_PROTO            2
#define TH_TICK_BYTES       60
#define TH_RATES_BYTES      60
#define TH_FRAME_HEAD       8          // len, type, flags, symIdx
#define TH_MAX_LEN          1048576    // of what follows `len`
#define TH_MIN_LEN          4
#define TH_MAX_STRING       1024
#define TH_MAX_SYMBOLS      65535
#define TH_NO_LIMIT         0xFFFFFFFF // maxBackfillMs: everything the terminal has

// Frame types
#define TH_HELLO            1
#define TH_WELCOME          2
#define TH_SYMBOL           3
#define TH_SUB              4
#define TH_UNSUB            5
#define TH_WATCH            6
#define TH_GET_BARS         7
#define TH_TICKS            10
#define TH_BOOK             11
#define TH_BARS             12
#define TH_ACCOUNT          20
#define TH_POSITIONS        21
#define TH_PING             30
#define TH_PONG             31
#define TH_ACK              32
#define TH_ERR              33
#define TH_BYE              34

// Flags of TICKS
#define TH_BACKFILL         1
#define TH_BACKFILL_END     2
#define TH_TRUNCATED        4

// Flags of BARS
#define TH_BARS_MORE        1
#define TH_BARS_FAILED      2

// Flag of POSITIONS: there were more than fit
#define TH_POSITIONS_CUT    1

// Bits of `wants` in SUB
#define TH_WANT_TICKS       1
#define TH_WANT_BOOK        2

// Bits of `share` in WELCOME
#define TH_SHARE_ACCOUNT    1
#define TH_SHARE_POSITIONS  2

// Codes of ERR and BYE
#define TH_BAD_FRAME        1
#define TH_BAD_PROTO        2
#define TH_BAD_TOKEN        3
#define TH_DUPLICATE_EA     4
#define TH_HELLO_TIMEOUT    5
#define TH_NO_SYMBOL        6
#define TH_BUSY             7
#define TH_STOPPING         10
#define TH_RELOAD           11

// The documented bits of MqlTick.flags: BID 2, ASK 4, LAST 8, VOLUME 16, BUY 32, SELL 64
#define TH_TICK_FLAGS       126

#endif
