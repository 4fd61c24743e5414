import { describe, expect, it } from 'vitest';
import { isUp, PLUGIN_STATES, PluginStateMachine, TRANSITIONS } from './state.ts';
import type { PluginState, Transition } from './state.ts';

/** The shortest way to a state, so that a machine can be brought there through its public door. */
function wayTo(state: PluginState): PluginState[] {
  const ways = new Map<PluginState, PluginState[]>([['discovered', []]]);
  for (const [from, way] of ways) for (const to of TRANSITIONS[from]) if (!ways.has(to)) ways.set(to, [...way, to]);
  return ways.get(state) ?? [];
}

function machineIn(state: PluginState): { machine: PluginStateMachine; seen: Transition[] } {
  const seen: Transition[] = [];
  let now = 1_000;
  const machine = new PluginStateMachine(
    'feed',
    'found',
    (transition) => seen.push(transition),
    () => now++,
  );
  for (const step of wayTo(state)) machine.to(step, 'on the way');
  seen.length = 0;
  return { machine, seen };
}

describe('the state table', () => {
  it.each(PLUGIN_STATES.flatMap((from) => PLUGIN_STATES.map((to) => [from, to] as const)))('%s -> %s is as the table says', (from, to) => {
    const { machine, seen } = machineIn(from);
    expect(machine.state).toBe(from);
    if (TRANSITIONS[from].includes(to)) {
      machine.to(to, 'because', 'd');
      expect(machine).toMatchObject({ state: to, reason: 'because', detail: 'd' });
      expect(seen).toMatchObject([{ plugin: 'feed', from, to, reason: 'because', detail: 'd' }]);
    } else {
      expect(() => machine.to(to, 'because')).toThrowError(expect.objectContaining({ code: 'PLUGIN_STATE' }));
      expect(machine.state).toBe(from);
      expect(seen).toEqual([]);
    }
  });

  it.each(PLUGIN_STATES)('%s can be reached, and leads to stopped', (state) => {
    expect(machineIn(state).machine.state).toBe(state);
    const reached = new Set<PluginState>([state]);
    for (const from of reached) for (const to of TRANSITIONS[from]) reached.add(to);
    expect(reached).toContain('stopped');
  });

  it('lets only an isolate that was started crash', () => {
    expect(PLUGIN_STATES.filter((state) => TRANSITIONS[state].includes('crashed'))).toEqual(['starting', 'running', 'degraded']);
    expect(PLUGIN_STATES.filter(isUp)).toEqual(['running', 'degraded']);
  });

  it('names the ways there are when it refuses one', () => {
    expect(() => machineIn('rejected').machine.to('running', 'why not')).toThrow(
      'feed: no way from rejected to running (why not); allowed: discovered, stopped',
    );
  });

  it('keeps the time of the transition, not of a better explanation', () => {
    const { machine } = machineIn('blocked');
    const { since } = machine;
    machine.explain('mt5 is starting');
    expect(machine).toMatchObject({ reason: 'mt5 is starting', since });
  });

  it('speaks of a plugin by the name it has by then', () => {
    const { machine, seen } = machineIn('discovered');
    machine.rename('news');
    machine.to('resolved', 'ok');
    expect(seen[0]?.plugin).toBe('news');
  });
});
