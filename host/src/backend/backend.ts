import { serviceToken } from '../hub/token.ts';
import type { TokenVerifier } from '../entitlement/token-verifier.ts';

/** Where and as whom to connect. `token` is a secret. */
export interface BackendCredentials {
  readonly url: string;
  readonly userId: string;
  readonly token: string;
}

/** The backend as the host knows it: who signs tokens, and the tenant's credentials. */
export interface Backend {
  /** Whose keys sign. A token that counted under one authority counts for nothing under another. */
  readonly authority: string;
  /** The keys that sign subscription tokens. Resolves when the backend has told them. */
  verifier(): Promise<TokenVerifier>;
  /** Asks for the keys again: a backend may have changed them. The verifier that is known where it has not, or cannot be asked. */
  freshVerifier(): Promise<TokenVerifier>;
  /** The credentials as of now. Resolves when there are some. */
  credentials(): Promise<BackendCredentials>;
  /** The credentials as of now, if there are any. */
  readonly credentialsNow: BackendCredentials | null;
  /** Called whenever the credentials have changed, so also when the first are there. @returns ends the listening. */
  onCredentials(listener: (credentials: BackendCredentials) => void): () => void;
  /** Where it is, for people. */
  readonly description: string;
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
}

export const BackendToken = serviceToken<Backend>('backend');
