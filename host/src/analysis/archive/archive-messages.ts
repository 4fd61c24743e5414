/** What the host's thread and the archive's say to each other. Both are this program: no schema stands between them. */
import type { BarStore } from './bar-store.ts';

export type ArchiveMethod = 'put' | 'read' | 'span' | 'note' | 'setNote';
export type ArchiveQuestion = {
  [M in ArchiveMethod]: { readonly type: 'ask'; readonly id: number; readonly method: M; readonly args: Parameters<BarStore[M]> };
}[ArchiveMethod];

export type ToArchive = ArchiveQuestion | { readonly type: 'close' };

export type FromArchive =
  | { readonly type: 'opened'; readonly setAside: string | null }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'closed' };
