export type ModelErrorCode =
  /** model.json or model.onnx cannot be read. */
  | 'MODEL_FILE'
  /** model.onnx is not the file that model.json names. */
  | 'MODEL_CHANGED'
  /** ONNX Runtime refused the file. */
  | 'MODEL_REFUSED'
  /** Neither the native nor the wasm runtime could be loaded. */
  | 'NO_RUNTIME';

/** Why a model cannot be used; the message says what to do. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}
