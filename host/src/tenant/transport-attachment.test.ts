import { PipeFrame } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import { AgentLine } from '../analysis/agents/agent-line.ts';
import { AgentPins } from '../analysis/agents/agent-pins.ts';
import { BackendKeys } from '../analysis/agents/backend-keys.ts';
import { AckBook } from '../delivery/ack-book.ts';
import { DeliveryLane } from '../delivery/lane.ts';
import { EventBus } from '../streams/bus.ts';
import type { TenantEvents } from '../streams/bus.ts';
import { ManualSpool, RecordedLink, ticksBody } from '../streams/streams.fixture.ts';
import { ManualBackend, memoryLog } from './tenant.fixture.ts';
import { TransportAttachment } from './transport-attachment.ts';

function f64(value: number): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setFloat64(0, value, true);
  return body;
}

function setUp(frames = 3) {
  const spool = new ManualSpool();
  for (let time = 1; time <= frames; time++) spool.appendTicks(ticksBody([{ symbol: 0, time, ordinal: 0 }]), 1);
  spool.commit();
  const link = new RecordedLink({ id: 'ws', kind: 'transport' }, 4);
  const backend = new ManualBackend();
  const bus = new EventBus<TenantEvents>((error) => {
    throw error;
  });
  const notes: TenantEvents['backend_notification'][] = [];
  bus.on('backend_notification', (note) => notes.push(note));
  const lane = new DeliveryLane({ spool, book: new AckBook(spool), transport: 'ws', link, log: memoryLog(), onNewEpoch: () => undefined });
  const acked: number[] = [];
  const agents = new AgentLine({
    authority: 'test',
    keys: new BackendKeys(backend),
    pins: new AgentPins(),
    onPinned: () => undefined,
    onRefused: () => undefined,
  });
  const terms = { tenant: 't', spool, lane, backend, agents, bus, onAcked: (seq: number) => acked.push(seq) };
  const attachment = new TransportAttachment(link, terms);
  return { spool, link, backend, notes, acked, attachment };
}

describe('TransportAttachment', () => {
  it('starts a transport with the spool it delivers, and no cursors', () => {
    const { attachment } = setUp();
    expect(attachment.startTerms()).toEqual({
      cursors: [],
      verdicts: [],
      spool: { epoch: 'epoch', lastSeq: 3, ackedSeq: 0 },
      tenant: 't',
    });
  });

  it('answers a resume once, and sends what follows it', () => {
    const { attachment, link, notes } = setUp();
    attachment.onMessage({ type: 'resume', lastSeq: 0 });
    const types = link.sent.map(({ type }) => type).filter((type) => type !== PipeFrame.symbols);
    expect(types).toEqual([PipeFrame.resumed, PipeFrame.deliverTicks, PipeFrame.deliverTicks, PipeFrame.deliverTicks]);
    expect(notes).toEqual([{ plugin: 'ws', isolate: 4, state: 'up', reason: '' }]);
  });

  it('passes acks on to the spool, and tells what the backend has', () => {
    const { attachment, spool, acked } = setUp();
    attachment.onMessage({ type: 'resume', lastSeq: 0 });
    expect(attachment.onFrame(PipeFrame.acked, f64(2))).toBe(true);
    attachment.onFrame(PipeFrame.acked, f64(99));
    expect(spool.ackedSeq).toBe(2);
    expect(acked).toEqual([2, 2]);
  });

  it('says that the link is down when the transport does, and with its reason', () => {
    const { attachment, notes } = setUp();
    attachment.onMessage({ type: 'resume', lastSeq: 0 });
    attachment.onMessage({ type: 'suspend', reason: 'refused' });
    expect(notes.at(-1)).toMatchObject({ state: 'down', reason: 'refused' });
  });

  it('does not call a link up over which nothing may be sent', () => {
    const { attachment, notes } = setUp();
    attachment.onMessage({ type: 'resume', lastSeq: 77 });
    expect(notes).toMatchObject([{ state: 'down', reason: expect.stringContaining('new epoch') }]);
  });

  it('gives credentials as soon as there are some, and tells each change of them', async () => {
    const { attachment, backend, link } = setUp();
    const asked = attachment.call('credentials', 'get');
    backend.gives('first');
    expect(await asked).toMatchObject({ token: 'first' });
    expect(link.told).toEqual([{ type: 'credentials-changed' }]);
    await expect(attachment.call('store', 'get')).rejects.toMatchObject({ code: 'CAPABILITY_DENIED' });
  });

  it('takes no frames but acks', () => {
    const { attachment } = setUp();
    expect(() => attachment.onFrame(PipeFrame.ticks, new Uint8Array(8))).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }));
    expect(() => attachment.onFrame(PipeFrame.acked, new Uint8Array(7))).toThrow(/8 bytes/);
  });

  it('sends and hears nothing once it is detached', () => {
    const { attachment, backend, link, notes, spool } = setUp();
    attachment.onMessage({ type: 'resume', lastSeq: 0 });
    attachment.detach();
    const sent = link.sent.length;
    backend.gives('new');
    spool.appendTicks(ticksBody([{ symbol: 0, time: 9, ordinal: 0 }]), 1);
    spool.commit();
    expect([link.told, link.sent.length - sent]).toEqual([[], 0]);
    expect(notes.at(-1)).toMatchObject({ isolate: 4, state: 'down', reason: 'the transport has stopped' });
  });
});
