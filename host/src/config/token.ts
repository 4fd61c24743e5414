import { serviceToken } from '../hub/token.ts';
import type { Config } from './schema.ts';

export const ConfigToken = serviceToken<Config>('config');
