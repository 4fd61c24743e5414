import { describe, expect, it } from 'vitest';
import type { SocketConnection } from '../../capabilities/socket.ts';
import type { SocketNews, SocketOrder } from '../../protocol/control.ts';
import { CapabilityCalls } from './capability-calls.ts';
import { RemoteSocket } from './remote-socket.ts';

/**
 * A socket capability whose host is this test; each connection has the next number.
 * @param atOnce what the host tells of a connection in one piece with the answer that there is one: nothing else runs in between.
 */
function bench(atOnce: (connection: number) => readonly SocketNews[] = () => []): {
  socket: RemoteSocket;
  orders: SocketOrder[];
  crashes: unknown[];
  connect: () => Promise<SocketConnection>;
} {
  const orders: SocketOrder[] = [];
  const crashes: unknown[] = [];
  let connections = 0;
  const calls: CapabilityCalls = new CapabilityCalls(({ id }) =>
    queueMicrotask(() => {
      calls.take({ type: 'reply', id, value: { connection: ++connections, protocol: 'p' } });
      for (const news of atOnce(connections)) socket.take(news);
    }),
  );
  const socket = new RemoteSocket(
    calls,
    (order) => orders.push(order),
    (error) => crashes.push(error),
  );
  return { socket, orders, crashes, connect: () => socket.connect('wss://a.example/') };
}

describe('the socket capability', () => {
  it('keeps what came before somebody listened, and says that it was taken only then', async () => {
    const { socket, orders, connect } = bench();
    const connection = await connect();
    socket.take({ type: 'socket-messages', connection: 1, messages: ['1', new Uint8Array([2])] });
    socket.take({ type: 'socket-messages', connection: 1, messages: ['3'] });
    expect(orders).toEqual([]);
    const got: unknown[] = [];
    connection.onMessage((data) => got.push(data));
    expect(got).toEqual(['1', new Uint8Array([2]), '3']);
    expect(orders).toEqual([
      { type: 'socket-taken', connection: 1 },
      { type: 'socket-taken', connection: 1 },
    ]);
    expect(connection.protocol).toBe('p');
  });

  it('keeps what came in one piece with the answer to connect, as it does when the plugin is busy', async () => {
    const { orders, connect } = bench((connection) => [
      { type: 'socket-messages', connection, messages: [`first of ${connection}`] },
      { type: 'socket-messages', connection, messages: ['second'] },
      { type: 'socket-ended', connection, code: 1_001, reason: '' },
    ]);
    const got: unknown[] = [];
    for (const connection of await Promise.all([connect(), connect()])) {
      connection.onMessage((data) => got.push(data));
      connection.onEnd(({ code }) => got.push(code));
    }
    expect(got).toEqual(['first of 1', 'second', 1_001, 'first of 2', 'second', 1_001]);
    expect(orders.filter(({ type }) => type === 'socket-taken')).toHaveLength(4);
  });

  it('gives nothing more once it was closed, not even the rest of a batch, and tells the end', async () => {
    const { socket, orders, connect } = bench();
    const connection = await connect();
    const got: unknown[] = [];
    connection.onMessage((data) => {
      got.push(data);
      connection.close(4_000, 'enough');
    });
    connection.onEnd((end) => got.push(end));
    socket.take({ type: 'socket-messages', connection: 1, messages: ['1', '2'] });
    connection.send('to nobody');
    socket.take({ type: 'socket-messages', connection: 1, messages: ['3'] });
    socket.take({ type: 'socket-ended', connection: 1, code: 4_000, reason: 'enough' });
    socket.take({ type: 'socket-ended', connection: 1, code: 1_006, reason: 'again' });
    expect(got).toEqual(['1', { code: 4_000, reason: 'enough' }]);
    expect(orders.map(({ type }) => type)).toEqual(['socket-close', 'socket-taken']);
  });

  it('tells an end that came before somebody listened for it', async () => {
    const { socket, connect } = bench();
    const connection = await connect();
    socket.take({ type: 'socket-ended', connection: 1, code: 1_001, reason: '' });
    const ends: unknown[] = [];
    connection.onEnd((end) => ends.push(end));
    expect(ends).toEqual([{ code: 1_001, reason: '' }]);
  });

  it('crashes the plugin with what a listener throws, and goes on with the rest', async () => {
    const { socket, crashes, connect } = bench();
    const connection = await connect();
    connection.onMessage((data) => {
      throw new Error(String(data));
    });
    socket.take({ type: 'socket-messages', connection: 1, messages: ['1', '2'] });
    expect(crashes.map((error) => (error as Error).message)).toEqual(['1', '2']);
  });

  it('closes all when the plugin stops, also what is connected only then', async () => {
    const { socket, orders, connect } = bench();
    await connect();
    const late = connect();
    socket.close();
    await late;
    expect(orders).toEqual([1, 2].map((connection) => ({ type: 'socket-close', connection, code: 1_000, reason: '' })));
  });

  it.each([[999], [1_001], [5_000], [1.5]])('takes no %d for a close code', async (code) => {
    const connection = await bench().connect();
    expect(() => connection.close(code)).toThrow(expect.objectContaining({ code: 'SOCKET_ARGUMENT' }) as Error);
    expect(() => connection.close(1_000, 'x'.repeat(124))).toThrow(/123 bytes/);
    expect(() => connection.send(5 as unknown as string)).toThrow(/string or a Uint8Array/);
  });
});
