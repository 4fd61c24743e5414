import { TreeInterpreter, compile } from '@jmespath-community/jmespath';
import type { JSONValue } from '@jmespath-community/jmespath';

/** Finds something in a row; undefined or null where it is not there. Throws what the expression cannot work with. */
export type Select = (row: unknown) => unknown;

/**
 * Compiles a selector: a JSON Pointer (RFC 6901) where it is empty or begins with "/", otherwise a JMESPath expression.
 * @throws Error saying what is wrong with the expression.
 */
export function compileSelector(text: string): Select {
  return text === '' || text.startsWith('/') ? compilePointer(text) : compileJmesPath(text);
}

/** @throws Error saying what is wrong with the expression. */
export function compileJmesPath(text: string): Select {
  const expression = compile(text);
  return (row) => TreeInterpreter.search(expression, row as JSONValue);
}

function compilePointer(text: string): Select {
  if (/~(?![01])/.test(text)) throw new Error('a JSON Pointer has ~ only as ~0 (for ~) and ~1 (for /)');
  const steps = text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (row) => {
    let value = row;
    for (const step of steps) {
      if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(step) ? value[Number(step)] : undefined;
      else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) value = (value as Record<string, unknown>)[step];
      else return undefined;
    }
    return value;
  };
}
