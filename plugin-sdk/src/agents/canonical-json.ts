/**
 * One text for one value, in the manner of RFC 8785: keys sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them (so -0 is `0`).
 * Keys whose value is undefined are left out, as in JSON.
 * @throws {TypeError} for what JSON has no word for: a number that is not finite, a function.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be signed: JSON has finite numbers only`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
      return `{${Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
        .join()}}`;
    default:
      throw new TypeError(`a ${typeof value} cannot be signed`);
  }
}
