import { TreeInterpreter, compile } from '@jmespath-community/jmespath';
import type { JSONValue } from '@jmespath-community/jmespath';
import { compilePointer } from '../documents/json-pointer.ts';

/** Finds something in a row; undefined or null where it is not there. Throws what the expression cannot work with. */
export type Select = (row: unknown) => unknown;

/**
 * Compiles a selector: a JSON Pointer (RFC 6901) where it is empty or begins with "/", otherwise a JMESPath expression.
 * @throws Error saying what is wrong with the expression.
 */
export function compileSelector(text: string): Select {
  if (text !== '' && !text.startsWith('/')) return compileJmesPath(text);
  if (/~(?![01])/.test(text)) throw new Error('a JSON Pointer has ~ only as ~0 (for ~) and ~1 (for /)');
  return compilePointer(text);
}

/** @throws Error saying what is wrong with the expression. */
export function compileJmesPath(text: string): Select {
  const expression = compile(text);
  return (row) => TreeInterpreter.search(expression, row as JSONValue);
}
