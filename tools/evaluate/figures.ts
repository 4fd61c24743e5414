/** Numbers as cards print them. */
export function print(value: number, digits: number): string {
  // -0.000 would be a difference to 0.000 that nobody means.
  return value.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, '$1');
}

/** `51.05 %` */
export function percent(share: number, digits = 1): string {
  return `${print(share * 100, digits)} %`;
}

/** `0.2098 (0.0031)`: a figure with its standard error. */
export function withError({ mean, se }: { readonly mean: number; readonly se: number }, digits: number): string {
  return `${print(mean, digits)} (${print(se, digits)})`;
}

/** `68,491` */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}
