/**
 * What a JSON Pointer (RFC 6901) leads to in a document; undefined where there is nothing. Only own members and elements count: `/constructor` and `/length` lead
 * nowhere.
 */
export function compilePointer(pointer: string): (document: unknown) => unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (document) => {
    let value = document;
    for (const step of steps) {
      if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(step) ? value[Number(step)] : undefined;
      else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) value = (value as Record<string, unknown>)[step];
      else return undefined;
    }
    return value;
  };
}
