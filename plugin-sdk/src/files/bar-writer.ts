import { writeDecimal, writeText } from './decimal-writer.ts';
import { RowWriter } from './row-writer.ts';
import type { FileBars } from './columns.ts';
import type { FileField } from './dialect.ts';

/** Writes rows of bars. */
export class BarWriter extends RowWriter<FileBars> {
  protected row(bars: FileBars, i: number, start: number): number {
    let at = start;
    for (const [n, field] of this.dialect.fields.entries()) {
      if (n > 0) this.bytes[at++] = this.delimiter;
      at = this.#cell(field, bars, i, at);
    }
    return this.newline(at);
  }

  #cell(field: FileField, bars: FileBars, i: number, at: number): number {
    const { priceDecimals, volumeDecimals, zeroVolume } = this.dialect;
    switch (field) {
      case 'open':
      case 'high':
      case 'low':
      case 'close':
        return writeDecimal(bars[field][i] as number, priceDecimals, this.bytes, at);
      case 'volume':
        if (bars.volume[i] === 0) return writeText(zeroVolume, this.bytes, at);
        return writeDecimal(bars.volume[i] as number, volumeDecimals, this.bytes, at);
      case 'ticks':
      case 'spread':
        return writeDecimal(bars[field][i] as number, null, this.bytes, at);
      default:
        return this.timeCell(field, bars.time[i] as number, at);
    }
  }
}
