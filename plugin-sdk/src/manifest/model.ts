/**
 * `model` in plugin.json: an ONNX model without code. What it says is held here against what can be known without the file; the file itself is inspected, and
 * held against this, where the model is loaded (`../model`).
 */
import { z } from 'zod';

/** Widths of bars by the names that terminals give them. */
export const BAR_WIDTHS_MS = {
  M1: 60_000,
  M5: 300_000,
  M15: 900_000,
  M30: 1_800_000,
  H1: 3_600_000,
  H4: 14_400_000,
  D1: 86_400_000,
} as const;

export const BarWidth = z.enum(['M1', 'M5', 'M15', 'M30', 'H1', 'H4', 'D1']);
export type BarWidth = z.infer<typeof BarWidth>;

export const MAX_WINDOW_BARS = 10_000;
export const MAX_HORIZON_BARS = 100_000;

export const WindowField = z.enum(['open', 'high', 'low', 'close', 'volume']);
export type WindowField = z.infer<typeof WindowField>;

export const Scaling = z.enum(['raw', 'log-return', 'relative', 'volatility', 'z-score']);
export type Scaling = z.infer<typeof Scaling>;

const Pointer = z
  .string()
  .max(500)
  .regex(/^(\/[^/]*)+$/, 'a JSON Pointer that begins with "/", such as "/actual"');

const FeatureInput = z.strictObject({
  features: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(512)
    .describe(
      'Features of the library by name, in the order in which the tensor has them: `["mom_24", "logrv_24"]`. Shape `[1, n]` or `[n]`.',
    ),
  seen: z
    .record(z.string(), z.tuple([z.number(), z.number()]))
    .default({})
    .describe(
      'What a feature was in training, by name: `{ "mom_24": [-3, 3] }`. The confidence falls by the share of features that lie outside.',
    ),
});

const WindowInput = z.strictObject({
  window: z
    .number()
    .int()
    .min(1)
    .max(MAX_WINDOW_BARS)
    .describe(
      'So many of the last closed bars, oldest first. Shape `[1, bars, fields]`; without the last dimension where there is one field.',
    ),
  fields: z.array(WindowField).min(1).max(5).default(['close']).describe('What of each bar, in the order in which the tensor has them.'),
  scaling: Scaling.default('log-return').describe(
    "`log-return`: ln of each price over the close of the bar before. `relative`: ln of each price over the last close. `volatility`: the same over the standard deviation of the closes' log returns in the window. `z-score`: each field less its mean, over its standard deviation, in the window. `raw`: as it is. A volume is ln(1 + volume), but where it is raw, and less its last one where prices are relative to the last close, or that of the bar before where they are returns.",
  ),
  layout: z
    .enum(['bars-first', 'fields-first'])
    .default('bars-first')
    .describe('`fields-first` is shape `[1, fields, bars]`, as convolutions in PyTorch take it.'),
});

const RecordInput = z.strictObject({
  record: z
    .array(Pointer)
    .min(1)
    .max(512)
    .describe(
      'Numbers in the body of the record, by JSON Pointer: `["/actual", "/forecast"]`. Shape `[1, n]` or `[n]`. `true` is 1, `false` is 0.',
    ),
  default: z.number().optional().describe('Used where there is no number; left out, the model abstains.'),
});

const TextInput = z.strictObject({
  text: Pointer.describe('Text in the body of the record, by JSON Pointer: `"/title"`. A tensor of one string, shape `[1]` or `[1, 1]`.'),
});

export const ModelInput = z
  .union([FeatureInput, WindowInput, RecordInput, TextInput])
  .describe('What a tensor is filled with: exactly one of `features`, `window`, `record` and `text`.');
export type ModelInput = z.infer<typeof ModelInput>;
export type FeatureInput = z.infer<typeof FeatureInput>;
export type WindowInput = z.infer<typeof WindowInput>;
export type RecordInput = z.infer<typeof RecordInput>;
export type TextInput = z.infer<typeof TextInput>;

const Common = {
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/, 'lower-case letters, digits, hyphens and underscores, beginning with a letter')
    .max(64)
    .optional()
    .describe('Name under which it answers. Left out: the id of the plugin, where there is one output.'),
  question: z.string().min(1).max(200).optional().describe('What it answers, in one line for a person. Left out: made of the rest.'),
  horizon: z.number().int().min(0).max(MAX_HORIZON_BARS).optional().describe("How many bars ahead it looks, in place of the model's."),
};
const Linear = {
  exp: z.boolean().default(false).describe('e to the power of the number, before `scale` and `offset`: for models that give a logarithm.'),
  scale: z.number().default(1).describe('The number is multiplied by it.'),
  offset: z.number().default(0).describe('Added after that.'),
  unit: z.string().max(32).default('').describe('Unit of the value: `%`, `pips`. Empty for a plain number.'),
};

const ValueOutput = z.strictObject({
  kind: z.literal('value').describe('One number.'),
  ...Linear,
  ...Common,
});
const ProbabilitiesOutput = z.strictObject({
  kind: z.literal('probabilities').describe('One probability for each class; they sum to 1.'),
  classes: z
    .array(z.string().min(1).max(64))
    .min(2)
    .max(64)
    .describe('Names of the classes, in the order in which the tensor has them. Of two, the tensor may have the second one alone.'),
  softmax: z
    .boolean()
    .default(false)
    .describe(
      'The tensor has logits: their softmax is the answer. Of a single number, its logistic is the probability of the second class.',
    ),
  ...Common,
});
const QuantilesOutput = z.strictObject({
  kind: z.literal('quantiles').describe('One value for each level.'),
  levels: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .max(64)
    .describe('Rising, in the order in which the tensor has them: `[0.05, 0.5, 0.95]`. Values that cross are sorted.'),
  ...Linear,
  ...Common,
});

export const ModelOutput = z
  .discriminatedUnion('kind', [ValueOutput, ProbabilitiesOutput, QuantilesOutput])
  .describe('What a tensor means. Tensors of the graph that are not named here are not looked at.');
export type ModelOutput = z.infer<typeof ModelOutput>;

const TensorName = z.string().min(1).max(256);

export const ModelSection = z.strictObject({
  file: z
    .string()
    .min(1)
    .max(260)
    .default('model.onnx')
    .describe('The ONNX file, relative to the folder and inside it. Its weights are in it.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case')
    .optional()
    .describe('Of the file. One that differs is refused.'),
  version: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Of the weights, as it is published with each answer. Left out: the plugin's version."),
  question: z.string().min(1).max(200).optional().describe('What it answers, in one line for a person. Left out: made of the rest.'),
  bars: BarWidth.optional().describe('Width of the bars that it is asked on, `H1` when left out. Not for models of records.'),
  stream: z
    .enum(['news', 'calendar', 'social', 'custom', 'book', 'bars'])
    .optional()
    .describe('Models of records: the stream whose records it is asked for.'),
  featuresVersion: z
    .string()
    .max(16)
    .optional()
    .describe('The version of the features that it was trained with (`FEATURES_VERSION`). Another one than the library has is refused.'),
  horizon: z.number().int().min(0).max(MAX_HORIZON_BARS).default(0).describe('How many bars ahead it looks; 0 for a question about now.'),
  inputs: z
    .record(TensorName, ModelInput)
    .refine((inputs) => Object.keys(inputs).length > 0, 'is empty; name each input tensor of the graph')
    .describe('By the name of the input tensor, what it is filled with.'),
  outputs: z
    .record(TensorName, ModelOutput)
    .refine((outputs) => Object.keys(outputs).length > 0, 'is empty; name at least one output tensor of the graph')
    .describe('By the name of the output tensor, what it means. Each is a model of its own to the monitor; all come of one run.'),
});
export type ModelSection = z.infer<typeof ModelSection>;
