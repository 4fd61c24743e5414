/**
 * Makes a bundle load those of Node's own modules cheaply that every start of a process pays for. Measured with Node 26: an `import` of `node:http`
 * costs 90 ms of CPU and 16 MiB, because for a list of its exports Node evaluates its getter `WebSocket`, which loads all of undici; `tls`, and
 * `https` with it, costs 45 ms, and most processes never open a connection of that kind.
 */
import type { Plugin } from 'rolldown';

/** Not imported but fetched: that asks no getter. */
const FETCHED = ['http'];
/** Loaded when something of them is used. */
const LAZY = ['https', 'tls'];

export const BUNDLED_BUILTINS: readonly string[] = [...FETCHED, ...LAZY];

const VIRTUAL = '\0builtin:';

/** CommonJS, because the packages that require them are: the prototype answers for named imports as well, which are read when they are used. */
const code = (name: string): string => {
  const builtin = `process.getBuiltinModule('node:${name}')`;
  return LAZY.includes(name)
    ? `module.exports = Object.create(new Proxy({}, { get: (_, key) => ${builtin}[key] }));`
    : `module.exports = Object.create(${builtin});`;
};

export const cheapBuiltins: Plugin = {
  name: 'cheap-builtins',
  resolveId(specifier) {
    const name = specifier.replace(/^node:/, '');
    return BUNDLED_BUILTINS.includes(name) ? `${VIRTUAL}${name}` : null;
  },
  load(id) {
    return id.startsWith(VIRTUAL) ? code(id.slice(VIRTUAL.length)) : null;
  },
};
