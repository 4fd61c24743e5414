import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { HELP } from './help.ts';

const parse = (...argv: string[]) => parseArguments(argv, { TICKHUB_DATA: '/data' });

describe('parseArguments', () => {
  it.each([
    [[], 'help'],
    [['--help'], 'help'],
    [['run', '-h'], 'help'],
    [['--version'], 'version'],
    [['run'], 'run'],
    [['plugins', 'list'], 'plugins list'],
    [['spool', 'check', 'f'], 'spool check'],
  ])('%j is %s', (argv, command) => {
    expect(parse(...argv).command).toBe(command);
  });

  it('hands operands and options on', () => {
    const args = parse('run', '--data', 'here', '--tier', 'free', '-s', 'a=1', '-s', 'b=2', '-p', 'x', '--plain');
    expect(args).toMatchObject({ dataDir: path.resolve('here'), plain: true, pluginRoots: [path.resolve('x')] });
    expect(args.set).toEqual(['a=1', 'b=2', 'embeddedBackend.tier=free']);
    expect(parse('plugins', 'check', 'folder').operands).toEqual(['folder']);
  });

  it('takes a value that begins with a minus where it is a time or a distance', () => {
    expect(parse('history', 'import', 'f', '--offset', '-05:00').options.offset).toBe('-05:00');
  });

  it('takes the config file from the option, else the environment, else the data folder', () => {
    expect(parse('run').config).toEqual({ path: path.join(path.resolve('/data'), 'config.json'), named: false });
    expect(parse('run', '-c', 'c.json').config).toEqual({ path: path.resolve('c.json'), named: true });
    expect(parseArguments(['run'], { TICKHUB_CONFIG: 'e.json' }).config).toEqual({ path: path.resolve('e.json'), named: true });
  });

  it.each([
    [['fly'], /no command "fly"/],
    [['plugins'], /needs one of: list, check, retry/],
    [['run', '--jsn'], /--jsn/],
    [['status', '--tier', 'pro'], /`tickhub status` has no option --tier/],
    [['run', '--data'], /--data/],
    [['run', 'fast'], /`tickhub run` does not know what to do with "fast"/],
    [['plugins', 'check', 'a', 'b'], /what to do with "b"/],
  ])('%j is refused', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
    expect(() => parse(...argv)).toThrow(/tickhub --help/);
  });

  it('explains every option it takes', () => {
    for (const option of [
      '--data',
      '--config',
      '--plugins',
      '--set',
      '--tier',
      '--log-level',
      '--plain',
      '--json',
      '--watch',
      '--zone',
      '--offset',
      '--digits',
      '--bar',
      '--from',
      '--to',
      '--mt5',
      '--csv',
      '--out',
      '--history',
      '--stream',
      '--speed',
      '--help',
      '--version',
    ]) {
      expect(HELP).toContain(option);
    }
  });
});
