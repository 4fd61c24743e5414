/** The repository's root, absolute. */
export const root: string;
export function ownNodeIsNewEnough(): boolean;
/** Path of the Node to run Tickhub with; null when it has to be fetched first. */
export function nodePath(): string | null;
export function npm(args: readonly string[], cwd: string): void;
export function fetchNode(): void;
