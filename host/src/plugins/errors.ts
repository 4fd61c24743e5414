import type { Failure } from '@tickhub/plugin-sdk/host';

/** Every way a plugin can fail, in one table: a code for machines, the likely cause and the remedy for people. */
const TABLE = {
  PLUGIN_ROOT_UNREADABLE: ['The plugin root is missing or may not be read.', 'Create the folder, or correct the path in the config.'],
  PLUGIN_MANIFEST_MISSING: [
    'The folder has no plugin.json.',
    'Add a plugin.json with id, version, kind, sdk and entry (or feed, or model), or move the folder out of the plugin root.',
  ],
  PLUGIN_MANIFEST_INVALID: [
    'The manifest does not follow the schema.',
    'Correct the named field; `tickhub plugins check FOLDER` shows all of them.',
  ],
  PLUGIN_DUPLICATE_ID: ['Two folders have the same id.', 'Give one of them another id, or remove it.'],
  PLUGIN_ENTRY_MISSING: [
    'The entry or the ONNX file is not there, or the entry is not a .js, .mjs, .ts or .mts file.',
    'Correct "entry" in plugin.json, or add the file.',
  ],
  PLUGIN_ENTRY_OUTSIDE: [
    'The entry or the ONNX file lies outside the plugin folder.',
    'Move the file into the folder and name it relative to plugin.json.',
  ],
  PLUGIN_SYMLINK: ['The folder contains a symbolic link, which could lead out of it.', 'Replace the link by a copy of what it points to.'],
  PLUGIN_SDK_RANGE: [
    'The plugin was written against another version of the SDK.',
    'Update the plugin, or Tickhub, so that the range fits.',
  ],
  PLUGIN_PERMISSION_REFUSED: [
    'The manifest asks for a right that only bundled plugins have.',
    'Remove it; reach the network through the http capability and name the hosts.',
  ],
  PLUGIN_FOLDER_TOO_LARGE: [
    'The folder is over 64 MiB or 2,000 files.',
    'Bundle the plugin and leave out what it does not need at run time.',
  ],
  PLUGIN_FOLDER_UNREADABLE: [
    'A file of the folder cannot be read or copied.',
    'Check the rights and whether another program holds the file.',
  ],
  PLUGIN_FOLDER_UNSTABLE: [
    'Files of the folder kept changing while it was being read.',
    'It is read again when the writing ends; keep logs and data out of the plugin folder.',
  ],
  PLUGIN_SPAWN_FAILED: [
    'The process of the plugin could not be made.',
    'Check memory, the limit of processes, and that Node is still installed.',
  ],
  PLUGIN_LOAD_FAILED: [
    'The module threw while it was loaded, has no default export from definePlugin, or its config is not valid.',
    'Correct what the message names; saving the file loads it again.',
  ],
  PLUGIN_START_FAILED: ['The plugin refused to start.', 'Correct what the message names; saving the file starts it again.'],
  PLUGIN_TIMEOUT: [
    'The plugin did not answer in time.',
    'Make start return without waiting for the network, or raise limits.startTimeoutMs.',
  ],
  PLUGIN_RUN_FAILED: ['The plugin threw where nobody caught it.', 'Correct what the stack names.'],
  PLUGIN_EXITED: ['The process of the plugin ended by itself.', 'Look at its last lines; process.exit does not belong in a plugin.'],
  PLUGIN_KILLED: ['Another program, or the system, ended the process of the plugin.', 'Look for an out-of-memory message of the system.'],
  PLUGIN_MEMORY: ['The plugin used more memory than it may.', 'Find the leak, or raise limits.memoryMb.'],
  PLUGIN_UNRESPONSIVE: ['The plugin stopped answering: its event loop is blocked.', 'Break up the long computation or the endless loop.'],
  PLUGIN_PROTOCOL: [
    'The plugin sent something that is not of the protocol.',
    'Write nothing to file descriptors 3 and 4, and use only the SDK.',
  ],
  PLUGIN_UNPROVEN: ['The new version started and then gave no sign of health.', 'Look at its status; the version before it keeps running.'],
  PLUGIN_REPLACED: ['A newer change, or a stop, made this one needless.', 'Nothing to do.'],
  PLUGIN_NOT_FOUND: ['No plugin has this id.', '`tickhub plugins list` shows all ids.'],
  PLUGIN_STATE: ['The plugin cannot go from its state to that one.', 'This is a bug in Tickhub; please report it with the log.'],
  CAPABILITY_DENIED: ['The plugin called something it may not have.', 'Ask only for capabilities of its kind.'],
  CAPABILITY_UNKNOWN: ['The plugin called something that does not exist.', 'Use the SDK version that fits this host.'],
  STORE_LIMIT: ['A value is over 1 MiB, or the store is over 10,000 keys or 64 MiB.', 'Store less, or delete what is no longer needed.'],
  STORE_INVALID: ['The key or value cannot be stored.', 'Keys are strings of 1 to 512 characters, values what JSON can hold.'],
  STORE_FAILED: ['The store could not be written.', 'Check the space and the rights of the data folder.'],
  HTTP_HOST_DENIED: [
    'The host is not in permissions.hosts, or leads to a private address that is not named itself.',
    'Name the host (and the port, where it is not the usual one) in plugin.json.',
  ],
  HTTP_TIMEOUT: ['The exchange took longer than it may.', 'Try again later, or give a larger timeoutMs.'],
  HTTP_TOO_LARGE: ['The body is larger than it may be.', 'Ask for less, or give a larger maxBytes (at most 8 MiB).'],
  HTTP_REDIRECTS: ['The server redirected more than five times.', 'Use the final address.'],
  HTTP_UNREACHABLE: [
    'There is no such name, nobody answers there, or its certificate is not to be trusted.',
    'Check the address, and the network.',
  ],
  HTTP_INCOMPLETE: ['The connection ended before the answer was whole.', 'Try again later.'],
  HTTP_FAILED: ['The exchange failed.', 'Check the address and the network.'],
  SOCKET_HOST_DENIED: [
    'The host is not in permissions.hosts, or leads to a private address that is not named itself.',
    'Name the host (and the port, where it is not the usual one) in plugin.json.',
  ],
  SOCKET_TIMEOUT: ['Connecting took longer than it may.', 'Try again later, or give a larger timeoutMs.'],
  SOCKET_REFUSED: ['The server answered with HTTP instead of opening a WebSocket.', 'Check the address, and the key where it needs one.'],
  SOCKET_FAILED: ['The connection failed.', 'Check the address and the network.'],
  SOCKET_LIMIT: ['The plugin has as many connections open as it may.', 'Close those that are no longer needed.'],
} as const satisfies Record<string, readonly [cause: string, remedy: string]>;

export type PluginErrorCode = keyof typeof TABLE;

export const PLUGIN_ERROR_CODES = Object.keys(TABLE) as readonly PluginErrorCode[];

/** A failure of a plugin: `message` says what happened here, `likelyCause` and `remedy` what is known of its kind. */
export class PluginError extends Error {
  readonly code: PluginErrorCode;
  readonly likelyCause: string;
  readonly remedy: string;
  /** Of SOCKET_REFUSED: what the server answered. */
  readonly answer: Failure['answer'];

  /** @param remedy instead of the table's, where more is known. */
  constructor(code: PluginErrorCode, message: string, options: { cause?: unknown; remedy?: string; answer?: Failure['answer'] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PluginError';
    this.code = code;
    this.likelyCause = TABLE[code][0];
    this.remedy = options.remedy ?? TABLE[code][1];
    this.answer = options.answer;
  }

  /** One line: what happened and what to do. */
  get advice(): string {
    return `${this.message}${/[.!?]$/.test(this.message) ? '' : '.'} ${this.remedy}`;
  }

  /** @returns `error` itself if it is one, otherwise one of `code` around it. */
  static from(error: unknown, code: PluginErrorCode, what: string): PluginError {
    if (error instanceof PluginError) return error;
    return new PluginError(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
