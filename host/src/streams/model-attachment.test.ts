import { PipeFrame, SymbolTable, TickBatch } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from '../entitlement/limits.ts';
import { SymbolGate } from '../entitlement/symbol-gate.ts';
import { EventBus } from './bus.ts';
import type { TenantEvents } from './bus.ts';
import { DurableTracker } from './durable-tracker.ts';
import { Intake } from './intake.ts';
import { ModelAttachment } from './model-attachment.ts';
import { RecordIntake } from './record-intake.ts';
import { SourceAttachment } from './source-attachment.ts';
import { jsonBody, jsonOf, ManualSpool, RecordedLink, symbolsBody, ticksBody } from './streams.fixture.ts';
import { SymbolDirectory } from './symbol-directory.ts';

const MIB = 1_048_576;

/** A model, and a source whose ticks reach it through the tenant. */
function setUp() {
  const spool = new ManualSpool();
  const gate = new SymbolGate({ tier: 'free', limits: { ...TIER_LIMITS.free, symbols: 2 } });
  const directory = new SymbolDirectory(spool.symbols(), (added) => spool.addSymbols(added));
  const bus = new EventBus<TenantEvents>((error) => {
    throw error;
  });
  const durable = new DurableTracker([]);
  const intake = new Intake(directory, gate, spool, (seq, batch) => bus.emit('market_data_received', { seq, batch }));
  const records = new RecordIntake(gate, spool, (plugin, batch) => bus.emit('records_received', { plugin, batch }));
  const streams = { tenant: 't', directory, gate, intake, records, durable, bus };
  const source = new SourceAttachment(new RecordedLink(), streams);
  const link = new RecordedLink({ id: 'oracle', kind: 'model' });
  const model = new ModelAttachment(link, streams);
  const send = (symbol: number, time: number): boolean => source.onFrame(PipeFrame.ticks, ticksBody([{ symbol, time, ordinal: 0 }]));
  const announce = (...names: string[]): boolean => source.onFrame(PipeFrame.symbols, symbolsBody('feed', names));
  const types = (): number[] => link.sent.map(({ type }) => type);
  return { link, model, send, announce, types, spool };
}

describe('ModelAttachment', () => {
  it('names symbols before their first ticks, and only those that are new', () => {
    const { link, send, announce, types } = setUp();
    announce('A');
    send(0, 1);
    send(0, 2);
    announce('A', 'B');
    send(1, 3);
    expect(types()).toEqual([PipeFrame.symbols, PipeFrame.ticks, PipeFrame.ticks, PipeFrame.symbols, PipeFrame.ticks]);
    const tables = link.bodies(PipeFrame.symbols).map((body) => SymbolTable.parse(jsonOf(body)));
    expect(tables.map(({ symbols }) => symbols.map(({ name }) => name))).toEqual([['A'], ['B']]);
    expect(tables.map(({ sources }) => sources)).toEqual([[{ id: 0, name: 'feed' }], [{ id: 0, name: 'feed' }]]);
    expect(link.bodies(PipeFrame.ticks).map((body) => [...TickBatch.view(body).time])).toEqual([[1], [2], [3]]);
  });

  it('is given nothing that the tier holds back', () => {
    const { link, send, announce } = setUp();
    announce('A', 'B', 'C');
    send(2, 1);
    expect(link.bodies(PipeFrame.ticks)).toEqual([]);
  });

  it('is told how many ticks it missed while it was too far behind, right before the next it gets', () => {
    const { link, send, announce, types } = setUp();
    announce('A');
    send(0, 1);
    link.backlogBytes = 4 * MIB + 1;
    send(0, 2);
    send(0, 3);
    expect(types()).toEqual([PipeFrame.symbols, PipeFrame.ticks]);
    link.backlogBytes = 4 * MIB;
    send(0, 4);
    send(0, 5);
    link.backlogBytes = 5 * MIB;
    send(0, 6);
    link.backlogBytes = 0;
    send(0, 7);
    expect(types().slice(2)).toEqual([PipeFrame.missed, PipeFrame.ticks, PipeFrame.ticks, PipeFrame.missed, PipeFrame.ticks]);
    const missed = link.bodies(PipeFrame.missed).map((body) => new DataView(body.buffer, body.byteOffset, 8).getFloat64(0, true));
    expect(missed).toEqual([2, 1]);
    expect(link.bodies(PipeFrame.ticks).map((body) => TickBatch.view(body).time[0])).toEqual([1, 4, 5, 7]);
  });

  it('gives its records to the tenant, and may send nothing else', () => {
    const { model, spool } = setUp();
    const batch = { stream: 'analysis', source: 'oracle', records: [{ seq: 1, time: 1, body: { value: 1 } }] };
    expect(model.onFrame(PipeFrame.records, jsonBody(batch))).toBe(true);
    expect(spool.frames.map(({ stream }) => stream)).toEqual(['analysis']);
    for (const type of [PipeFrame.ticks, PipeFrame.symbols, PipeFrame.acked]) {
      expect(() => model.onFrame(type, new Uint8Array(8))).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }));
    }
  });

  it('gets no ticks once it is detached', () => {
    const { link, model, send, announce } = setUp();
    announce('A');
    model.detach();
    send(0, 1);
    expect(link.sent).toEqual([]);
  });
});
