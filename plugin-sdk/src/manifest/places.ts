import { placeInJson } from './json-place.ts';

export type Path = readonly (string | number)[];

/** Names places of one section of a plugin.json, for messages: `plugin.json:14:21: feed.map.bid`. */
export class Places {
  readonly #text: string;
  readonly #file: string;
  readonly #section: string;

  constructor(text: string, file: string, section: 'feed' | 'model') {
    this.#text = text;
    this.#file = file;
    this.#section = section;
  }

  /** @param path below the section. */
  at(path: Path): string {
    const whole = [this.#section, ...path];
    const { line, column } = placeInJson(this.#text, whole);
    return `${this.#file}:${line}:${column}: ${whole.join('.')}`;
  }
}
