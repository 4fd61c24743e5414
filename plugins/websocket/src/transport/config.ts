import { z } from '@tickhub/plugin-sdk';

export const TransportConfig = z.strictObject({
  protocol: z
    .enum(['auto', 'json', 'binary'])
    .default('auto')
    .describe('`"auto"`: binary where the backend knows it, else JSON. `"json"`, `"binary"`: that one or none.'),
  allowPlaintext: z
    .boolean()
    .default(false)
    .describe('Allow `ws://` to other machines. Without TLS the token and the data can be read on the way.'),
});
export type TransportConfig = z.infer<typeof TransportConfig>;
