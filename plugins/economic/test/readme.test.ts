import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Config } from '../src/config.ts';
import { SYMBOL_TABLE } from '../src/symbols/affected-symbols.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n');

/** The table of symbols as the README has it. */
function symbolTable(): string {
  const names = (symbols: readonly string[]): string => symbols.map((symbol) => `\`${symbol}\``).join(' ');
  const currencies = Object.entries(SYMBOL_TABLE.byCurrency).map(([currency, symbols]) => `| ${currency} | ${names(symbols)} |`);
  const titles = SYMBOL_TABLE.refinements.map(({ title, currency, symbols, alone }) => {
    const pattern = title.source.replaceAll('|', '\\|');
    return `| ${currency === undefined ? '' : `${currency}, `}title fits \`${pattern}\` | ${alone ? 'only' : 'also'} ${names(symbols)} |`;
  });
  return ['| currency or title | symbols |', '|---|---|', ...currencies, ...titles].join('\n');
}

describe('the README', () => {
  it('has the table of symbols that the plugin uses', () => {
    const [, table] = /<!-- symbols:begin -->\n([\s\S]*?)\n?<!-- symbols:end -->/.exec(readme) ?? [];
    expect(table).toBe(symbolTable());
  });

  it('has examples of a config that the plugin takes', () => {
    const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, text = '']) => JSON.parse(text.replaceAll(/^ {3}/gm, '')) as Record<string, unknown>,
    );
    expect(examples).toHaveLength(4);
    for (const example of examples) {
      const config = 'plugins' in example ? (example['plugins'] as { economic: unknown }).economic : { providers: [example] };
      expect(Config.safeParse(config)).toMatchObject({ success: true });
    }
  });
});
