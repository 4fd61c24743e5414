export type TokenErrorCode = 'TOKEN_MISSING' | 'TOKEN_MALFORMED' | 'TOKEN_FORGED' | 'TOKEN_EXPIRED' | 'TOKEN_CLAIMS' | 'TOKEN_KEYS';

/** A subscription token that does not count. Its message never holds the token. */
export class TokenError extends Error {
  readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TokenError';
    this.code = code;
  }
}

export function missingToken(): TokenError {
  return new TokenError('TOKEN_MISSING', 'there is no subscription token; put the one from your account page into the token file');
}

export function malformedToken(cause: unknown): TokenError {
  return new TokenError(
    'TOKEN_MALFORMED',
    'the token is not a JWT of three dot-separated parts; copy the whole of it, without quotes or line breaks',
    cause,
  );
}
