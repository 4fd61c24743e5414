import { readFileSync } from 'node:fs';

export interface Labelled {
  readonly headline: string;
  readonly symbols: readonly string[];
  readonly currencies: readonly string[];
}

/** A file of headline, symbols and currencies, parted by tabs; lines that begin with `#` are notes. */
export function labelled(file: 'own.tsv' | 'sentfin.tsv'): Labelled[] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split(/\r?\n/);
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [headline = '', symbols = '', currencies = ''] = line.split('\t');
      return { headline, symbols: codes(symbols), currencies: codes(currencies) };
    });
}

const codes = (text: string): string[] => text.split(' ').filter((code) => code !== '');
