/** Replaces what looks like a secret by a mark: JWTs, bearer tokens, and values behind keys such as token, password or secret. */
export function maskSecrets(text: string): string {
  return (
    text
      .replace(/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*/g, '[token]')
      .replace(/\b(Bearer)\s+[^\s"',;]+/gi, '$1 [token]')
      // Not a message about a file of such a name: `/data/token: cannot be read`.
      .replace(
        /(?<![/\\](?=\w+: ))\b(token|password|passwd|secret|api[_-]?key)(["']?\s*[=:]\s*["']?)(?!\[token\])[^\s"',;&}]+/gi,
        '$1$2[masked]',
      )
  );
}

/** Keys that end in a secret's name: `token`, `accessToken`; not `tokenFile`, which says where one is. */
const SECRET_KEY = /(token|password|passwd|secret|api[_-]?key|authorization|cookie)$/i;

/** How deep fields are looked into; what lies below is left out, because nobody has looked at it. */
const MAX_DEPTH = 5;

/** A copy of log fields in which secrets are masked. Numbers and booleans under a secret's name are counts, and stay. */
export function maskFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return maskSecrets(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return { message: maskSecrets(value.message), code: (value as NodeJS.ErrnoException).code };
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => maskFields(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, SECRET_KEY.test(key) ? maskSecret(field) : maskFields(field, depth + 1)]),
  );
}

function maskSecret(value: unknown): unknown {
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? '[masked]' : value;
}
