/**
 * The program of an isolate. The host starts it with an IPC channel (serialization `advanced`) and with the data channel at file descriptor 3.
 */
import { PluginFault } from '../run/fault.ts';
import { SDK_VERSION } from '../version.ts';
import { captureConsole } from './console-log.ts';
import { ControlChannel } from './control-channel.ts';
import { Isolate } from './isolate.ts';
import { resolveSdkImports } from './sdk-resolution.ts';
import { SocketChannel } from './socket-channel.ts';

const DATA_FD = 3;

const exit = process.exit.bind(process);
const control = new ControlChannel(process);
const isolate: Isolate = new Isolate(control, new SocketChannel(DATA_FD, (error) => isolate.crash(error)), exit);

process.on('uncaughtException', (error) => isolate.crash(error));
process.on('unhandledRejection', (reason) => isolate.crash(reason));
process.on('disconnect', () => exit(0));
// Ctrl-C and the end of a session reach the whole process group. When this process ends is for the host to say, which has ticks to drain.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.exit = (code) => {
  const fault = new PluginFault(
    'EXIT_CALLED',
    `the plugin called process.exit(${String(code ?? '')}); to give up, throw an error that says why`,
  );
  isolate.crash(fault);
  throw fault;
};

captureConsole(control);
resolveSdkImports();
control.listen(
  process,
  (message) => isolate.take(message),
  (error) => isolate.crash(error),
);
control.send({ type: 'ready', sdk: SDK_VERSION });
