/** Why a document is not read. */
export type DocumentErrorCode =
  /** Nothing is in it. */
  | 'EMPTY'
  /** It is something else: a web page, some other XML or JSON. */
  | 'NOT_A_FEED'
  /** Its DOCTYPE has a subset of its own, where entities are declared. */
  | 'OWN_ENTITIES'
  /** Elements within elements, past all sense. */
  | 'TOO_DEEP'
  /** More bytes than are read. */
  | 'TOO_LARGE'
  /** Reading it took too long. */
  | 'TOO_SLOW'
  /** JSON that is none. */
  | 'BAD_JSON';

/** A document that is not read, with the reason in words for a person. */
export class DocumentError extends Error {
  readonly code: DocumentErrorCode;

  constructor(code: DocumentErrorCode, message: string) {
    super(message);
    this.name = 'DocumentError';
    this.code = code;
  }
}
