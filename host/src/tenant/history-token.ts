import { serviceToken } from '../hub/token.ts';
import type { TenantHistory } from './tenant-history.ts';

/** The tenant's history, as far as its tier lets it see: its days and its symbols. */
export const HistoryToken = serviceToken<TenantHistory>('history');
