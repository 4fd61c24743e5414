import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import type { LogLevel, LogLine } from './log.ts';

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJl_-';

function open(level: LogLevel = 'info') {
  const written: string[] = [];
  const tapped: LogLine[] = [];
  const log = createLog(level, { write: (line: string) => void written.push(line) }, (line) => tapped.push(line));
  const lines = (): Record<string, unknown>[] => written.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, tapped, written };
}

describe('createLog', () => {
  it('writes one JSON object a line, with a time people can read, the level by name, and the fields', () => {
    const { log, lines, written } = open();
    log.info('started', { pid: 7 });
    expect(written[0]).toMatch(/^\{.*\}\n$/);
    expect(lines()).toEqual([{ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), pid: 7, msg: 'started' }]);
  });

  it.each<[LogLevel, LogLevel[]]>([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ])('at %s writes, and shows the tap, only what is as grave', (level, expected) => {
    const { log, lines, tapped } = open(level);
    for (const at of ['debug', 'info', 'warn', 'error'] as const) log[at](at);
    expect(lines().map((line) => line['level'])).toEqual(expected);
    expect(tapped.map((line) => line.level)).toEqual(expected);
  });

  it('carries the fields it was given, the nearest first', () => {
    const { log, lines } = open();
    log.with({ tenant: 't', component: 'a' }).with({ component: 'b' }).warn('w', { code: 'X' });
    expect(lines()[0]).toMatchObject({ tenant: 't', component: 'b', code: 'X' });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['in the message', `refused ${JWT}`, {}],
    ['in a field', 'x', { note: `see ${JWT}` }],
    ['under its name', 'x', { token: 'hunter2-hunter2' }],
    ['in a list under its name', 'x', { cookie: ['hunter2-hunter2'] }],
    ['in an error', 'x', { error: new Error(`bad ${JWT}`) }],
    ['in the cause of an error', 'x', { error: new Error('bad', { cause: new Error(JWT) }) }],
    ['deep inside', 'x', { a: { b: { c: { d: { e: { password: 'hunter2-hunter2', note: JWT } } } } } }],
    ['in a map', 'x', { a: new Map([['password', 'hunter2-hunter2']]) }],
  ])('writes no secret, and shows the tap none: %s', (_where, message, fields) => {
    const { log, written, tapped } = open();
    log.with(fields).error(message, fields);
    const all = written.join('') + JSON.stringify(tapped);
    expect(all).not.toContain('eyJzdWIiOiJ1In0');
    expect(all).not.toContain('hunter2');
  });

  it('says of an error what it is and its code', () => {
    const { log, lines } = open();
    log.error('it failed', { error: Object.assign(new Error('no room'), { code: 'ENOSPC' }) });
    expect(lines()[0]).toMatchObject({ error: { message: 'no room', code: 'ENOSPC' } });
  });

  it('bears values that JSON has no words for', () => {
    const { log, lines } = open();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('x', { big: 12n, circle, date: new Date(0), bytes: new Uint8Array(1_000_000), nothing: undefined, nan: NaN });
    expect(lines()[0]).toMatchObject({ msg: 'x', date: '1970-01-01T00:00:00.000Z', bytes: '[1000000 bytes]' });
  });
});
