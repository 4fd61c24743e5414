/** The peer's backend: a plain `ws` server that parses each message and does nothing with it. Tells its port, then when `argv[2]` messages have come. */
import { WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';

const wanted = Number(process.argv[2]);
let seen = 0;
let sum = 0;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }));
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    // The peer does what the plainest backend does: it parses the tick.
    const { payload } = JSON.parse(String(data)) as { payload: { bid: number } };
    sum += payload.bid;
    if (++seen === wanted) process.send?.({ done: true, sum });
  });
});
