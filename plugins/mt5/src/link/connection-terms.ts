/** What a connection is told and given. */
import type { Clock, Publish } from '@tickhub/plugin-sdk';
import type { LinkError } from './errors.ts';
import type { Admit } from './link.ts';

export interface ConnectionOptions {
  readonly token: string;
  readonly heartbeatMs: number;
  readonly maxBatch: number;
  readonly sweepMs: number;
  /** How long a peer may be silent, in milliseconds. */
  readonly silenceMs: number;
  /** The shortest time between two BOOKs of a symbol, milliseconds. */
  readonly bookMs?: number;
  /** {@link Share} bits: what the EA may tell of the account. Nothing by default. */
  readonly share?: number;
}

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly intake: Pick<Publish, 'congested' | 'drained'>;
  readonly admit: Admit;
  /** Called once when a peer is refused or breaks the rules. */
  readonly refused: (error: LinkError, eaId: string | null) => void;
  /** Called once when the connection is over, after its session knows. */
  readonly closed: () => void;
}
