import { TickBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SymbolCounters } from '../streams/intake.ts';
import { FlowMeter, preciseNow } from './flow-meter.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function batch(ticks: number, receivedAt = preciseNow()): TickBatch {
  const made = TickBatch.create(ticks);
  made.receivedAt = receivedAt;
  return made;
}

function meter() {
  const counters = new SymbolCounters();
  return { counters, flow: new FlowMeter(counters) };
}

describe('FlowMeter', () => {
  it('gives rates a second over the last period', () => {
    const { counters, flow } = meter();
    counters.taken[3] = 50;
    vi.advanceTimersByTime(500);
    flow.measure();
    expect(flow.rate(3)).toBe(100);
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect([flow.rate(3), flow.rate(9_999)]).toEqual([0, 0]);
  });

  it('follows the counters as they grow', () => {
    const { counters, flow } = meter();
    counters.taken[3] = 50;
    flow.measure();
    counters.reserve(1_000);
    counters.taken[3] = 60;
    counters.taken[900] = 7;
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect([flow.rate(3), flow.rate(900)]).toEqual([10, 7]);
  });

  it('measures from arrival to acknowledgement, each tick as one', () => {
    const { flow } = meter();
    flow.taken(1, batch(99));
    vi.advanceTimersByTime(1);
    flow.taken(2, batch(1, preciseNow() - 1_000));
    flow.acked(2);
    expect(flow.latency.total).toBe(100);
    expect(flow.latency.quantile(0.5)).toBeLessThan(1.2);
    expect(flow.latency.quantile(1)).toBeGreaterThan(999);
  });

  it('counts what is acknowledged, once, however acks come', () => {
    const { flow } = meter();
    for (let seq = 1; seq <= 4; seq++) flow.taken(seq, batch(10));
    flow.acked(2);
    flow.acked(1);
    flow.acked(2);
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect([flow.takenTicks, flow.ackedPerSecond]).toEqual([40, 20]);
    flow.acked(99);
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect(flow.ackedPerSecond).toBe(20);
  });

  it('calls nothing acknowledged while the backend is away, and all of it once it is back', () => {
    const { flow } = meter();
    const frames = 40_000;
    for (let seq = 1; seq <= frames; seq++) flow.taken(seq, batch(1));
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect(flow.ackedPerSecond).toBe(0);
    for (let seq = 1_000; seq <= frames; seq += 1_000) flow.acked(seq);
    vi.advanceTimersByTime(1_000);
    flow.measure();
    expect(flow.ackedPerSecond).toBe(frames);
  });
});
