import { placeInJson } from '../manifest/json-place.ts';

export type Path = readonly (string | number)[];

/** Names places of a plugin.json, for messages: `plugin.json:14:21: feed.map.bid`. */
export class Places {
  readonly #text: string;
  readonly #file: string;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** @param path below `feed`. */
  at(path: Path): string {
    const { line, column } = placeInJson(this.#text, ['feed', ...path]);
    return `${this.#file}:${line}:${column}: ${['feed', ...path].join('.')}`;
  }
}

/** What is wrong with a row, by the line of plugin.json that it is about. */
export class RowError extends Error {
  override readonly name = 'RowError';
}
