import type { GateVerdict } from '../protocol/control.ts';

/** Which symbols the tier lets through. The host decides; a source uses it to fetch no more than may pass, and to say so. */
export interface Gate {
  /** Verdicts so far, by canonical symbol name. A symbol that was not announced yet has none. */
  readonly verdicts: ReadonlyMap<string, GateVerdict>;
  /** Called with the verdicts that changed. */
  onChange(listener: (changed: readonly GateVerdict[]) => void): void;
}
