import { serviceToken } from '../hub/token.ts';

/** What time it is, Unix epoch milliseconds, UTC: the machine's, or in a replay the recording's. */
export type WallClock = () => number;

export const WallClockToken = serviceToken<WallClock>('wall clock');
