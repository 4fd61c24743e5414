import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from './cli/arguments.ts';
import { execute } from './main.ts';
import { HOST_VERSION } from './version.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-main-'));
});

async function run(argv: string[], commands?: Parameters<typeof execute>[2]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await execute(argv, { print: (text) => out.push(text), complain: (text) => err.push(text) }, commands);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('tickhub', () => {
  it.each([[[]], [['--help']], [['help']], [['run', '--help']]])('%j explains itself', async (argv) => {
    const { code, out, err } = await run(argv);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Tickhub: .*\n[\s\S]*Usage: tickhub COMMAND/);
  });

  it.each(['--version', '-V', 'version'])('%s is the version and nothing else', async (flag) => {
    expect(await run([flag])).toEqual({ code: 0, out: HOST_VERSION, err: '' });
  });

  it.each([[['fly']], [['run', '--fast']], [['plugins']], [['plugins', 'check']], [['plugins', 'retry']], [['status', 'now']]])(
    '%j ends with 2, and where to read on',
    async (argv) => {
      const { code, out, err } = await run(argv);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(/^tickhub: .*\nRun `tickhub --help` for the commands and their options\.$/);
    },
  );

  it.each([['status'], ['stop'], ['plugins', 'retry', 'x'], ['spool', 'check']].map((argv) => [argv]))(
    '%j says in one line that there is nothing there',
    async (argv) => {
      const { code, out, err } = await run([...argv, '--data', dir]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^tickhub: [^\n]+$/);
      expect(err).toContain(dir);
    },
  );

  it('says what is wrong with a config, and where, without a stack', async () => {
    await writeFile(path.join(dir, 'config.json'), '{"log":{"level":"loud"}}');
    const { code, err } = await run(['plugins', 'list', '--data', dir]);
    expect(code).toBe(1);
    expect(err).toMatch(/^tickhub: .*config\.json: "log\.level": [^\n]+$/);
  });

  it('shows the stack of what nobody foresaw, and hides secrets in it', async () => {
    const fault = (): Promise<number> => Promise.reject(new Error('token=hunter2 went wrong'));
    const { code, err } = await run(['status'], { status: fault });
    expect(code).toBe(1);
    expect(err).toMatch(/went wrong\n\s+at /);
    expect(err).not.toContain('hunter2');
  });

  it('ends as the command says, and with 2 when a command finds the command line wrong', async () => {
    expect((await run(['status'], { status: () => Promise.resolve(7) })).code).toBe(7);
    expect((await run(['status'], { status: () => Promise.reject(new UsageError('no')) })).code).toBe(2);
  });
});
