import type { ControlChannel, LogLevel } from './control-channel.ts';

const LEVELS: Readonly<Record<'debug' | 'log' | 'info' | 'warn' | 'error' | 'trace', LogLevel>> = {
  debug: 'debug',
  trace: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
};

/** Turns what plugins and their libraries write to the console, and Node's warnings, into log lines. */
export function captureConsole(control: ControlChannel): void {
  const format = (args: unknown[]): string => process.getBuiltinModule('node:util').format(...args);
  for (const [method, level] of Object.entries(LEVELS) as [keyof typeof LEVELS, LogLevel][]) {
    console[method] = (...args: unknown[]): void => control.log(level, format(args));
  }
  process.removeAllListeners('warning');
  process.on('warning', (warning: Error & { code?: string }) => {
    // That a folder of one .ts file has no package.json is as it should be.
    if (warning.code === 'MODULE_TYPELESS_PACKAGE_JSON' || warning.name === 'ExperimentalWarning') return;
    control.log('warn', `${warning.name}: ${warning.message}`);
  });
}
