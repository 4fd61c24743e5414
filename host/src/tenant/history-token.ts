import { serviceToken } from '../hub/token.ts';
import type { History } from '../history/history.ts';

/** The tenant's history, as far as its tier lets it see: its days and its symbols. */
export const HistoryToken = serviceToken<History>('history');
