/** Time zones, for the host and for plugins. */
export { instantAt, instantIn, isZone, offsetAt } from './zone.ts';
export type { WallTime, ZonedInstant } from './zone.ts';
