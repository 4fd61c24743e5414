import { PluginFault } from '../run/fault.ts';

export type ModelFaultCode =
  /** plugin.json does not say what a model needs, or it says it wrongly. */
  | 'BAD_MODEL'
  /** The file is not there, or cannot be read. */
  | 'MODEL_FILE'
  /** The file has another sha256 than plugin.json names. */
  | 'MODEL_CHANGED'
  /** The file is no ONNX, or was cut off. */
  | 'MODEL_NOT_ONNX'
  /** Made for a newer ONNX than the runtime knows. */
  | 'MODEL_OPSET'
  /** An operator that the runtime does not have. */
  | 'MODEL_OPERATOR'
  /** Weights that lie in another file. */
  | 'MODEL_EXTERNAL_DATA'
  | 'MODEL_TOO_LARGE'
  /** An input that one of plugin.json and the graph has and the other has not. */
  | 'MODEL_INPUT_NAME'
  | 'MODEL_INPUT_TYPE'
  | 'MODEL_INPUT_SHAPE'
  | 'MODEL_OUTPUT_NAME'
  | 'MODEL_OUTPUT_TYPE'
  /** An output that has not as many numbers as plugin.json says. */
  | 'MODEL_OUTPUT_SIZE'
  /** NaN or infinity where a number belongs. */
  | 'MODEL_NOT_FINITE'
  /** What was to be probabilities lies outside 0 to 1, or does not sum to 1. */
  | 'MODEL_NOT_PROBABILITIES'
  | 'MODEL_SLOW'
  | 'MODEL_MEMORY'
  /** ONNX Runtime refuses the file, or a run of it. */
  | 'MODEL_REFUSED'
  /** ONNX Runtime itself could not be loaded. */
  | 'NO_RUNTIME';

/** Why a model without code cannot be used. The message names the file and the tensor, or the line of plugin.json, and says what to do. */
export class ModelFault extends PluginFault {
  declare readonly code: ModelFaultCode;

  constructor(code: ModelFaultCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.name = 'ModelFault';
    // A stack leads to where this was found, which is nothing to whoever made the model.
    Reflect.deleteProperty(this, 'stack');
  }
}
