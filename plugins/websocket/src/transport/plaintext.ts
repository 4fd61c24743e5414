const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/i;

/** Whether the backend is on this machine. */
export function isLocal(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

/** Why `url` is not to be used, or null. A token that crosses a network unencrypted is anyone's. */
export function plaintextProblem(url: string, allowPlaintext: boolean): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return "the backend's URL is not one; correct backend.url, such as wss://backend.example/ws/client/{user_id}";
  }
  if (parsed.protocol === 'wss:') return null;
  if (parsed.protocol !== 'ws:')
    return `the backend's URL begins with ${parsed.protocol}//; it has to be wss:// (or ws:// on this machine)`;
  if (allowPlaintext || LOOPBACK.test(parsed.hostname)) return null;
  return `${parsed.host} is another machine, and ws:// would send it the token unencrypted; use wss://, or set plugins.websocket.allowPlaintext to true on a network you trust`;
}
