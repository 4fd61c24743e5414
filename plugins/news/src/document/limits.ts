/** What a document may cost. */
export interface DocumentLimits {
  readonly maxBytes: number;
  /** Items that are read; those after them are left. */
  readonly maxItems: number;
  /** Elements within elements. */
  readonly maxDepth: number;
  /** Characters kept of one element's content, of one document's contents together, and of one attribute. */
  readonly maxFieldLength: number;
  readonly maxKeptLength: number;
  readonly maxAttributeLength: number;
  /** Elements kept directly within an item or a feed, and directly within one of these. */
  readonly maxFields: number;
  readonly maxChildren: number;
  /** Milliseconds of work, pauses not counted. */
  readonly maxWorkMs: number;
}

/** Real feeds stay far below each of these; the largest of them costs a few hundred milliseconds in slices of a few. */
export const DOCUMENT_LIMITS: DocumentLimits = {
  maxBytes: 5_000_000,
  maxItems: 1_000,
  maxDepth: 200,
  maxFieldLength: 200_000,
  maxKeptLength: 8_000_000,
  maxAttributeLength: 10_000,
  maxFields: 100,
  maxChildren: 200,
  maxWorkMs: 5_000,
};
