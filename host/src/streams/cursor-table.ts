/** A cursor per symbol id, in columns, so that moving one allocates nothing. See `TickCursor` of the SDK for what a cursor says. */
export class CursorTable {
  time = new Float64Array(256);
  same = new Uint32Array(256);

  /** Makes room for ids below `size`. */
  reserve(size: number): void {
    if (size <= this.time.length) return;
    const capacity = Math.max(size, this.time.length * 2);
    const time = new Float64Array(capacity);
    time.set(this.time);
    this.time = time;
    const same = new Uint32Array(capacity);
    same.set(this.same);
    this.same = same;
  }

  /** Off the hot path. Time 0 where there is none. */
  at(id: number): { readonly time: number; readonly same: number } {
    return { time: this.time[id] ?? 0, same: this.same[id] ?? 0 };
  }

  set(id: number, time: number, same: number): void {
    this.reserve(id + 1);
    this.time[id] = time;
    this.same[id] = same;
  }
}
