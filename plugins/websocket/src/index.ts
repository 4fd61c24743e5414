import { Agents, Clock, Credentials, Delivery, Log, definePlugin } from '@tickhub/plugin-sdk';
import { TransportConfig } from './transport/config.ts';
import { Link } from './transport/link.ts';

/** Delivers the spool to the backend over a WebSocket; PROTOCOL.md. */
export default definePlugin({
  kind: 'transport',
  inject: { delivery: Delivery, agents: Agents, credentials: Credentials, clock: Clock, log: Log },
  config: TransportConfig,
  start({ delivery, agents, credentials, clock, log, config, plugin }) {
    const link = new Link({ delivery, agents, credentials, clock, log, config, clientVersion: plugin.version });
    link.start();
    return { status: () => link.status(), stop: () => link.stop() };
  },
});
