import { Duplex, PassThrough } from 'node:stream';
import { PipeFrame, pipeHeader } from '@tickhub/plugin-sdk/host';
import { describe, expect, it, vi } from 'vitest';
import type { Log } from '../../telemetry/log.ts';
import { causeOfExit, LastWords } from './isolate-end.ts';
import { DataChannel } from './data-channel.ts';
import { LogLimit } from './log-limit.ts';
import { readLines } from './output-lines.ts';

describe('readLines', () => {
  it('cuts lines across chunks, and characters too', async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    readLines(stream, (line) => lines.push(line));
    for (const byte of Buffer.from('one\r\ntwö\n\nthree')) stream.write(Buffer.from([byte]));
    stream.end();
    await vi.waitFor(() => expect(lines).toEqual(['one', 'twö', 'three']));
  });

  it('bounds a line, also one that never ends', async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    readLines(stream, (line) => lines.push(line));
    for (let i = 0; i < 100; i++) stream.write('x'.repeat(10_000));
    stream.end();
    await vi.waitFor(() => expect(lines.map((line) => line.length)).toEqual([2_000]));
  });
});

describe('LastWords', () => {
  it('keeps the last 50 lines, masked', () => {
    const words = new LastWords();
    for (let i = 0; i < 60; i++) words.add(`line ${i}`);
    words.add('password=hunter22\n    at x');
    expect(words.lines).toHaveLength(50);
    expect(words.lines[0]).toBe('line 12');
    expect(words.lines.slice(-2)).toEqual(['password=[masked]', '    at x']);
  });
});

describe('LogLimit', () => {
  it('lets a burst through, drops the rest, says how many, and signs with its own id', () => {
    let now = 0;
    const lines: [string, unknown][] = [];
    const write = (message: string, fields?: Record<string, unknown>): void => void lines.push([message, fields]);
    const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
    const limit = new LogLimit(log, 'feed', () => now);
    for (let i = 0; i < 500; i++) limit.write('info', `m${i}`, { plugin: 'other' });
    expect(lines).toHaveLength(200);
    expect(lines[0]).toEqual(['m0', { plugin: 'feed' }]);
    now = 1_000;
    limit.write('info', 'later');
    expect(lines.slice(200).map(([message]) => message)).toEqual([
      expect.stringMatching(/^300 log lines of this plugin were left out/),
      'later',
    ]);
  });
});

describe('causeOfExit', () => {
  it.each([
    [
      134,
      null,
      ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
      'PLUGIN_MEMORY',
      'memory: it filled its heap of 64 MiB',
    ],
    [null, 'SIGABRT', ['JavaScript heap out of memory'], 'PLUGIN_MEMORY', 'memory: it filled its heap of 64 MiB'],
    [null, 'SIGKILL', [], 'PLUGIN_KILLED', 'the process was ended by SIGKILL'],
    [0, null, [], 'PLUGIN_EXITED', 'the process exited with code 0'],
    [
      1,
      null,
      ['Error: boom', '    at x (y.js:1:1)', '', 'Node.js v26.10.0'],
      'PLUGIN_EXITED',
      'the process exited with code 1; last line: Error: boom',
    ],
  ])('reads code %s, signal %s', (code, signal, stderr, expected, message) => {
    expect(causeOfExit(code, signal, stderr, 64)).toMatchObject({ code: expected, message });
  });
});

describe('DataChannel', () => {
  /** A socket of which both ends are held by the test. */
  function pair(): { near: Duplex; far: PassThrough; sent: Buffer[] } {
    const far = new PassThrough();
    const sent: Buffer[] = [];
    const near = new Duplex({ read: () => undefined, write: (chunk: Buffer, _encoding, done) => (sent.push(chunk), done()) });
    far.on('data', (chunk: Buffer) => near.push(chunk));
    return { near, far, sent };
  }

  it('hands on frames, and ends with the first that is none', async () => {
    const { near, far } = pair();
    const frames: string[] = [];
    const violation = vi.fn();
    const channel = new DataChannel(near, (type, body) => frames.push(`${type}:${Buffer.from(body).toString()}`), violation);
    far.write(pipeHeader(PipeFrame.records, 2));
    far.write('hi');
    far.write(Buffer.alloc(8, 0xff));
    far.write(pipeHeader(PipeFrame.records, 0));
    await vi.waitFor(() => expect(violation).toHaveBeenCalledWith(expect.objectContaining({ code: 'PLUGIN_PROTOCOL' })));
    expect(frames).toEqual(['3:hi']);
    expect(violation).toHaveBeenCalledTimes(1);
    expect(channel.backlogBytes).toBe(0);
  });

  it('blames the isolate for what the receiver of a frame throws', async () => {
    const { near, far } = pair();
    const violation = vi.fn();
    const channel = new DataChannel(
      near,
      () => {
        throw new Error('count is 0');
      },
      violation,
    );
    far.write(pipeHeader(PipeFrame.ticks, 0));
    await vi.waitFor(() => expect(violation).toHaveBeenCalledWith(expect.objectContaining({ message: 'malformed data: count is 0' })));
    channel.destroy();
    expect(near.destroyed).toBe(true);
  });

  it('is quiet only when everything that was written has been read, also while reading is paused', async () => {
    const { near, far } = pair();
    let frames = 0;
    const channel = new DataChannel(
      near,
      () => frames++,
      () => undefined,
    );
    channel.pause();
    for (let i = 0; i < 100; i++) far.write(pipeHeader(PipeFrame.records, 0));
    setTimeout(() => channel.resume(), 20);
    await channel.quiet(AbortSignal.timeout(5_000));
    expect(frames).toBe(100);
  });
});
