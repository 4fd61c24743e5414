/** What every reader of documents does first, for plugins that read their own. */
export { decodeText } from './decode-text.ts';
export type { TextLabels } from './decode-text.ts';
export { compilePointer } from './json-pointer.ts';
