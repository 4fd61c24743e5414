#!/usr/bin/env node
// Plain JavaScript, so that a Node that is too old gets a sentence rather than a syntax error.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `tickhub: needs Node 24 or newer, this is ${process.version}. In a clone, \`npm start\` fetches one; otherwise install it from nodejs.org.`,
  );
  process.exit(1);
}
// The system's look-up of a name holds a thread while it hangs, and half of four is all that look-ups get: two dead name servers would keep every
// source from connecting. It has to be set before the first of them starts.
process.env.UV_THREADPOOL_SIZE ??= '16';
const { enableCompileCache } = await import('node:module');
enableCompileCache?.();
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
