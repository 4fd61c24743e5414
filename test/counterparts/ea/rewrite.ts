/**
 * The few places where our MQL5 is not C++, rewritten line by line. Everything else compiles as it stands
 * against shim/language.hpp. Each rule is tested in rewrite.test.ts.
 */
const RULES: readonly (readonly [what: string, from: RegExp, to: string])[] = [
  ['#property tells MetaEditor something, the compiler nothing', /^(#property\b.*)$/gm, '// $1'],
  ['#include <X> looks in MQL5/Include', /^#include\s+<([^>]+)>/gm, '#include "$1"'],
  [
    'an input is a constant that the user sets',
    /^input\s+(\w+)\s+(\w+)\s*=\s*([^;]*);/gm,
    'static const $1 $2 = mql::input<$1>("$2", $3);',
  ],
  ['an array parameter is a reference to a dynamic array', /\b(\w+)\s*&\s*(\w+)\s*\[\s*\]/g, 'Array<$1> &$2'],
  ['an array without a length is a dynamic array', /\b(\w+)(\s+)(\w+)\s*\[\s*\]\s*;/g, 'Array<$1>$2$3;'],
];

/** MQL5 source in, C++ source out; line numbers stay the same. */
export function rewriteMql(source: string): string {
  let text = source;
  for (const [, from, to] of RULES) text = text.replace(from, to);
  return text;
}
