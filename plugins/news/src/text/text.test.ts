import { describe, expect, it } from 'vitest';
import { declaredLanguage, languageOf } from './language.ts';
import { plainLine, plainText } from './prose.ts';

const html = (value: string, max = 1_000): string => plainText({ value, kind: 'html' }, max);

describe('markup', () => {
  it.each([
    ['<p>One</p><p>Two &amp; <b>three</b></p>', 'One\nTwo & three'],
    ['a<br/>b<br>c', 'a\nb\nc'],
    ['<script>alert(1)</script>One<style>p{}</style><iframe src="x">no</iframe>', 'One'],
    ['<img src=x onerror=alert(1)>One', 'One'],
    ['EUR < USD and 5 > 3', 'EUR < USD and 5 > 3'],
    ['S&P 500, AT&T &mdash; &#8220;up&#8221;', 'S&P 500, AT&T — “up”'],
    ['<ul><li>a</li><li>b</li></ul>', 'a\nb'],
    ['One\u202Etwo\u200B three\u0007', 'Onetwo three'],
    ['<a href="javascript:alert(1)">One</a> <!-- two --> three', 'One three'],
    ['don\u0092t', 'don’t'],
    ['lone \uD800 surrogate', 'lone \uFFFD surrogate'],
  ])('%j says %j', (markup, words) => {
    expect(html(markup)).toBe(words);
  });

  it('leaves text that is no markup alone', () => {
    expect(plainText({ value: 'a <b> &amp; c', kind: 'text' }, 100)).toBe('a <b> &amp; c');
  });

  it('is shortened at a word, and a title is one line', () => {
    expect(html('one two three four five', 15)).toBe('one two three…');
    expect(plainLine({ value: '<b>One</b><br>two &amp;amp; three', kind: 'html' }, 100)).toBe('One two & three');
  });
});

describe('the language', () => {
  it.each([
    ['en', 'The Federal Reserve will leave its rates where they are'],
    ['de', 'Die Notenbank hat die Zinsen nicht gesenkt und bleibt bei ihrem Kurs'],
    ['fr', 'La Banque centrale laisse ses taux inchangés pour la deuxième fois'],
    ['es', 'El banco central mantiene las tasas por segunda vez en el año'],
    ['it', 'La banca centrale non alza i tassi e il mercato della casa rallenta'],
    ['pt', 'O banco central mantém a taxa e não vê pressão sobre os preços'],
    ['nl', 'De centrale bank laat de rente voor het eerst niet stijgen'],
    ['sv', 'Riksbanken höjer inte räntan och det är för tidigt att säga mer'],
    ['pl', 'Bank centralny nie zmienia stóp i czeka na dane z rynku pracy'],
    ['tr', 'Merkez bankası bir kez daha faizi artırdı ve bu karar için beklenti çok yüksek'],
    ['id', 'Bank sentral menahan suku bunga dan tidak akan menaikkan dalam waktu dekat'],
    ['ja', '日本銀行は政策金利を据え置いた'],
    ['zh', '中国人民银行维持利率不变'],
    ['ko', '한국은행 기준금리 동결'],
    ['ru', 'Банк России сохранил ключевую ставку'],
    ['uk', 'Національний банк України зберіг облікову ставку'],
    ['ar', 'البنك المركزي يثبت سعر الفائدة'],
    ['el', 'Η τράπεζα διατήρησε τα επιτόκια'],
    [undefined, 'Infosys Q2 profit Rs 1,100 crore'],
    [undefined, 'EUR/USD 1.0850'],
  ])('%s: %j', (language, text) => {
    expect(languageOf(text)).toBe(language);
  });

  it('is taken as declared where that is a language', () => {
    expect(['en-us', ' pt_BR ', 'english language', '', undefined, 'x'].map(declaredLanguage)).toEqual([
      'en-US',
      'pt-BR',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
