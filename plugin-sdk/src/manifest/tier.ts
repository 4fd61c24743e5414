import { z } from 'zod';

/** What a user has subscribed to, from the lowest. */
export const Tier = z.enum(['free', 'pro', 'enterprise']);
export type Tier = z.infer<typeof Tier>;
