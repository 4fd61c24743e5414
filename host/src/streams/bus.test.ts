import { describe, expect, it } from 'vitest';
import { EventBus } from './bus.ts';

interface Events {
  tick: number;
  word: string;
}

function setUp() {
  const errors: [unknown, keyof Events][] = [];
  const bus = new EventBus<Events>((error, event) => errors.push([error, event]));
  return { bus, errors };
}

describe('EventBus', () => {
  it('tells the listeners of that event only, in the order in which they came', () => {
    const { bus } = setUp();
    const heard: string[] = [];
    bus.on('tick', (n) => heard.push(`a${n}`));
    bus.on('tick', (n) => heard.push(`b${n}`));
    bus.on('word', (text) => heard.push(text));
    bus.emit('tick', 1);
    bus.emit('word', 'w');
    expect(heard).toEqual(['a1', 'b1', 'w']);
  });

  it('goes on to the next listener when one throws, and reports it', () => {
    const { bus, errors } = setUp();
    const heard: number[] = [];
    const fault = new Error('mine');
    bus.on('tick', () => {
      throw fault;
    });
    bus.on('tick', (n) => heard.push(n));
    bus.emit('tick', 7);
    expect(heard).toEqual([7]);
    expect(errors).toEqual([[fault, 'tick']]);
  });

  it('ends one subscription, not its twin of the same function', () => {
    const { bus } = setUp();
    let heard = 0;
    const listener = (): void => void heard++;
    const end = bus.on('tick', listener);
    bus.on('tick', listener);
    end();
    end();
    bus.emit('tick', 1);
    expect(heard).toBe(1);
  });

  it('bears listeners that come and go while an event is told', () => {
    const { bus } = setUp();
    const heard: string[] = [];
    const end = bus.on('tick', () => {
      heard.push('first');
      end();
      bus.on('tick', () => heard.push('late'));
    });
    bus.on('tick', () => heard.push('second'));
    bus.emit('tick', 1);
    expect(heard).toEqual(['first', 'second']);
    bus.emit('tick', 2);
    expect(heard).toEqual(['first', 'second', 'second', 'late']);
  });

  it('is quiet where nobody listens', () => {
    const { bus, errors } = setUp();
    bus.emit('tick', 1);
    expect(errors).toEqual([]);
  });
});
