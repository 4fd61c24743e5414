/** The chart patterns that pattern_v2 knows, in the order in which it counts them. `flag` is either way up. */
export const CHART_CLASSES = [
  'none',
  'double_top',
  'double_bottom',
  'head_and_shoulders',
  'inverse_head_and_shoulders',
  'ascending_triangle',
  'descending_triangle',
  'symmetrical_triangle',
  'flag',
  'rectangle',
] as const;
export type ChartClass = (typeof CHART_CLASSES)[number];
