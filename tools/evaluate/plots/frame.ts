const [WIDTH, HEIGHT] = [640, 380];
const INSET = { left: 64, right: 24, top: 44, bottom: 52 };

/** One axis: values from `from` to `to`, left to right or bottom to top. */
export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** What is drawn in the style of the sheet: `blue`, `orange`, `red` are kinds of line or dot, `faint` is for what lies behind. */
export type Ink = 'blue' | 'orange' | 'red' | 'faint' | 'guide';

/** The colours hold 3:1 against both grounds, and differ for the colour-blind (Okabe and Ito 2008). */
const STYLE = `
.ground{fill:#ffffff}.text{fill:#24292f;font:12px system-ui,sans-serif}.title{font-weight:600;font-size:14px}.grid{stroke:#d0d7de}.guide{stroke:#6e7781;stroke-dasharray:4 4}
.blue{stroke:#0072b2}.orange{stroke:#b35900}.red{stroke:#c1121f}.faint{stroke:#8c959f}.line{fill:none;stroke-width:1.6}
circle.blue{fill:#0072b2}circle.orange{fill:#b35900}circle.red{fill:#c1121f}circle.faint{fill:#8c959f;opacity:.45}circle{stroke:none}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.text{fill:#e6edf3}.grid{stroke:#30363d}.guide{stroke:#8b949e}
.blue{stroke:#56b4e9}.orange{stroke:#e69f00}.red{stroke:#ff6b6b}.faint{stroke:#6e7681}
circle.blue{fill:#56b4e9}circle.orange{fill:#e69f00}circle.red{fill:#ff6b6b}circle.faint{fill:#8b949e}}
`.replaceAll('\n', '');

/** A sheet with axes and a legend, as SVG text without anything from outside. Coordinates are rounded to a tenth, so the same figures give the same text. */
export class Frame {
  readonly #parts: string[] = [];
  readonly #legend: { ink: Ink; label: string; dot: boolean }[] = [];
  readonly #title: string;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(title: string, x: Axis, y: Axis) {
    this.#title = title;
    this.#x = x;
    this.#y = y;
  }

  /** A line through points that are finite; where one is not, it breaks off. What lies outside of the axes is cut. */
  line(ink: Ink, points: Iterable<readonly [number, number]>, label?: string): this {
    let path = '';
    let pen = 'M';
    for (const [x, y] of points) {
      if (Number.isFinite(x) && Number.isFinite(y)) {
        path += `${pen}${this.#left(x)} ${this.#top(y)}`;
        pen = 'L';
      } else pen = 'M';
    }
    this.#parts.push(`<path class="line ${ink}" clip-path="url(#sheet)" d="${path}"/>`);
    if (label !== undefined) this.#legend.push({ ink, label, dot: false });
    return this;
  }

  /** Dots, of `radius` pixels where a point does not say its own. */
  dots(ink: Ink, points: Iterable<readonly [number, number, number?]>, label?: string, radius = 3): this {
    for (const [x, y, own] of points) {
      this.#parts.push(
        `<circle class="${ink}" cx="${this.#left(x)}" cy="${this.#top(y)}" r="${round(own ?? radius)}" clip-path="url(#sheet)"/>`,
      );
    }
    if (label !== undefined) this.#legend.push({ ink, label, dot: true });
    return this;
  }

  toString(): string {
    const [x1, x2, y1, y2] = [INSET.left, WIDTH - INSET.right, INSET.top, HEIGHT - INSET.bottom];
    const parts = [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escape(this.#title)}">`,
      `<style>${STYLE}</style><clipPath id="sheet"><rect x="${x1}" y="${y1 - 1}" width="${x2 - x1}" height="${y2 - y1 + 2}"/></clipPath>`,
      `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/><text class="text title" x="${x1}" y="20">${escape(this.#title)}</text>`,
    ];
    for (const { at, label } of this.#x.ticks) {
      const x = this.#left(at);
      parts.push(
        `<path class="grid" d="M${x} ${y1}V${y2}"/><text class="text" x="${x}" y="${y2 + 16}" text-anchor="middle">${escape(label)}</text>`,
      );
    }
    for (const { at, label } of this.#y.ticks) {
      const y = this.#top(at);
      parts.push(
        `<path class="grid" d="M${x1} ${y}H${x2}"/><text class="text" x="${x1 - 6}" y="${y + 4}" text-anchor="end">${escape(label)}</text>`,
      );
    }
    parts.push(
      `<text class="text" x="${(x1 + x2) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escape(this.#x.label)}</text>`,
      `<text class="text" x="16" y="${(y1 + y2) / 2}" text-anchor="middle" transform="rotate(-90 16 ${(y1 + y2) / 2})">${escape(this.#y.label)}</text>`,
      ...this.#parts,
    );
    let right = x2;
    for (const { ink, label, dot } of this.#legend.toReversed()) {
      right -= label.length * 7.2 + 40;
      const mark = dot
        ? `<circle class="${ink}" cx="${round(right + 9)}" cy="31" r="4"/>`
        : `<path class="line ${ink}" d="M${round(right)} 31h18"/>`;
      parts.push(`${mark}<text class="text" x="${round(right + 23)}" y="35">${escape(label)}</text>`);
    }
    return `${parts.join('\n')}\n</svg>\n`;
  }

  #left(value: number): number {
    const { from, to } = this.#x;
    return round(INSET.left + ((value - from) / (to - from)) * (WIDTH - INSET.left - INSET.right));
  }

  #top(value: number): number {
    const { from, to } = this.#y;
    return round(HEIGHT - INSET.bottom - ((value - from) / (to - from)) * (HEIGHT - INSET.top - INSET.bottom));
  }
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
