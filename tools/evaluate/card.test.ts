import { describe, expect, it } from 'vitest';
import { Card, renderCard } from './card.ts';
import { compareCards } from './compare-cards.ts';
import { count, percent, print, withError } from './figures.ts';

const card = Card.parse({
  model: 'sum_v1',
  version: '1.0.0',
  sha256: 'ab',
  features: '1',
  tier: 'free',
  question: 'what is the sum',
  about: 'It adds.',
  data: [{ name: 'EURUSD H1', sha256: 'cd' }],
  split: 'none',
  tables: [
    {
      title: 'Loss',
      columns: ['forecast', 'QLIKE', 'n'],
      rows: [
        ['HAR', '0.2198', '10'],
        ['ours', '0.2098', '10'],
      ],
    },
  ],
  plots: [{ file: 'reliability.svg', caption: 'Said and came.' }],
  limits: ['It cannot subtract.'],
});

describe('cards', () => {
  it('are Markdown with every table, plot, hash and limit', () => {
    const text = renderCard(card);
    expect(text).toContain('| forecast | QLIKE | n |\n|---|--:|--:|\n| HAR | 0.2198 | 10 |\n| ours | 0.2098 | 10 |');
    for (const part of ['# sum_v1 1.0.0', '![Said and came.](reliability.svg)', '| EURUSD H1 | `cd` |', '- It cannot subtract.'])
      expect(text).toContain(part);
  });

  it('that agree have no differences; others name the figure', () => {
    expect(compareCards(card, card)).toEqual([]);
    const [table] = card.tables as [Card['tables'][number]];
    const other = {
      ...card,
      sha256: 'ef',
      tables: [
        {
          ...table,
          rows: [
            ['HAR', '0.2198', '10'],
            ['ours', '0.2099', '10'],
          ],
        },
        { ...table, title: 'More' },
      ],
    };
    expect(compareCards(card, other)).toEqual([
      'sha256: the card says ab, this run ef',
      '"Loss", ours, QLIKE: the card says 0.2098, this run 0.2099',
      'table "More": the card says nothing, this run that it is there',
    ]);
  });

  it('print figures one way', () => {
    expect([print(-0.00004, 4), print(-0.04, 1), print(1.005, 1), percent(0.5105, 2), count(68_491)]).toEqual([
      '0.0000',
      '0.0',
      '1.0',
      '51.05 %',
      '68,491',
    ]);
    expect(withError({ mean: 0.20984, se: 0.0031 }, 4)).toBe('0.2098 (0.0031)');
  });
});
