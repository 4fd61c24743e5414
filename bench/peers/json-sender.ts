/** The peer: one JSON message per tick over a plain `ws` connection, nothing durable, nothing acknowledged. argv: url, ticks. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const [url, ticks] = [process.argv[2] ?? '', Number(process.argv[3])];
/** A sender that never waits only fills its memory; this bound is never what limits it. */
const MAX_BUFFERED = 4 * 1_048_576;

const socket = new WebSocket(url, { perMessageDeflate: false });
await once(socket, 'open');
process.send?.({ started: true });
for (let i = 0; i < ticks; i++) {
  socket.send(
    JSON.stringify({
      user_id: 'local',
      timestamp: new Date().toISOString(),
      data_type: 'tick',
      payload: { symbol: 'EURUSD', time: 1_398_902_400_292 + i, bid: 1.38676 + (i % 100) / 1e5, ask: 1.38686 + (i % 100) / 1e5 },
    }),
  );
  if (socket.bufferedAmount > MAX_BUFFERED)
    while (socket.bufferedAmount > MAX_BUFFERED / 2) await new Promise((resolve) => setImmediate(resolve));
}
