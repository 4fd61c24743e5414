export type GatewayErrorCode =
  | 'GATEWAY_USAGE'
  | 'GATEWAY_PORT'
  /** The data folder cannot be used. */
  | 'GATEWAY_DATA'
  | 'GATEWAY_KEYS';

/** Why the gateway cannot start, or a command cannot be done. The message says what to do. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayError';
    this.code = code;
  }
}

/** A client that is not let in, or not any longer; the connection is closed with `closeCode`. */
export class RefusedClient extends Error {
  readonly closeCode: number;

  constructor(closeCode: number, message: string) {
    super(message);
    this.name = 'RefusedClient';
    this.closeCode = closeCode;
  }
}
