import type { Temporal as Api } from 'temporal-polyfill';

const native = (globalThis as { Temporal?: typeof Api }).Temporal;

/** The runtime's own from Node 26 on; before that the one that the plugin brings along, which is loaded only there. */
export const Temporal: typeof Api = native ?? (await import('temporal-polyfill/implementation')).Temporal;
