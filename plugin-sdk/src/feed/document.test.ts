import { describe, expect, it } from 'vitest';
import type { HttpFeedSource } from '../manifest/feed.ts';
import { readDocument } from './document.ts';

const source: HttpFeedSource = {
  type: 'http',
  url: 'https://one.example/',
  format: 'csv',
  everyMs: 60_000,
  method: 'GET',
  headers: {},
  csv: { delimiter: ',', header: true, quote: '"', skipLines: 0 },
};
const read = (text: string): unknown => readDocument(new TextEncoder().encode(text), 'text/csv', source).value;

describe('a CSV', () => {
  it('of more values than a feed has is refused before they are read', () => {
    expect(() => read(','.repeat(5_000_000))).toThrow('more than 1000000 values');
    expect(() => read(`${'c,'.repeat(50_000)}\n${`${','.repeat(50_000)}\n`.repeat(90)}`)).toThrow('more than 1000000 values');
  });

  it('of lines that are none is given up', () => {
    expect(() => read(`a\n${'"x"y\n'.repeat(60_000)}`)).toThrow('more than 50000 lines that cannot be read');
  });

  it('with names that every object has gives them as columns like others', () => {
    expect(read('constructor,toString,x\n1,2,3\n')).toEqual([{ constructor: '1', toString: '2', x: '3' }]);
  });
});
