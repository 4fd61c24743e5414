/**
 * Least squares with a penalty for each coefficient, by the normal equations and Cholesky's factors: minimises |y - X b|² + sum of penalty_k b_k².
 * Rows are added one by one, so that the design is never held; sums are in the order in which rows come.
 */
export class RidgeFit {
  readonly #size: number;
  readonly #gram: Float64Array;
  readonly #moment: Float64Array;

  /** @param penalty one for each coefficient, above 0: with it the equations always have a solution. */
  constructor(penalty: readonly number[]) {
    this.#size = penalty.length;
    this.#gram = new Float64Array(this.#size * this.#size);
    this.#moment = new Float64Array(this.#size);
    penalty.forEach((value, k) => (this.#gram[k * this.#size + k] = value));
  }

  /**
   * One row, by what is not zero in it.
   * @param columns rising.
   * @param values one for each of them.
   */
  add(columns: Uint8Array, values: Float64Array, target: number): void {
    const n = this.#size;
    const gram = this.#gram;
    const moment = this.#moment;
    for (let i = 0; i < columns.length; i++) {
      const left = values[i] as number;
      const column = columns[i] as number;
      moment[column] = (moment[column] as number) + left * target;
      for (let k = 0; k <= i; k++) {
        const at = column * n + (columns[k] as number);
        gram[at] = (gram[at] as number) + left * (values[k] as number);
      }
    }
  }

  /** The coefficients. Consumes the sums: nothing can be added afterwards. */
  solve(): Float64Array {
    const n = this.#size;
    const factor = this.#gram;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k <= i; k++) {
        let sum = factor[i * n + k] as number;
        for (let j = 0; j < k; j++) sum -= (factor[i * n + j] as number) * (factor[k * n + j] as number);
        factor[i * n + k] = i === k ? Math.sqrt(sum) : sum / (factor[k * n + k] as number);
      }
    }
    const out = this.#moment;
    for (let i = 0; i < n; i++) {
      let sum = out[i] as number;
      for (let j = 0; j < i; j++) sum -= (factor[i * n + j] as number) * (out[j] as number);
      out[i] = sum / (factor[i * n + i] as number);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = out[i] as number;
      for (let j = i + 1; j < n; j++) sum -= (factor[j * n + i] as number) * (out[j] as number);
      out[i] = sum / (factor[i * n + i] as number);
    }
    return out;
  }
}
