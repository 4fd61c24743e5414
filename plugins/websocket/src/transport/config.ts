import { z } from '@tickhub/plugin-sdk';

export const TransportConfig = z.strictObject({
  /** `auto`: binary where the backend knows it, else JSON. `json` and `binary` insist. */
  protocol: z.enum(['auto', 'json', 'binary']).default('auto'),
  /** Allow `ws://` to other machines, where the token and the data can be read on the way. */
  allowPlaintext: z.boolean().default(false),
});
export type TransportConfig = z.infer<typeof TransportConfig>;
