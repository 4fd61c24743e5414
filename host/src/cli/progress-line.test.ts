import { expect, it } from 'vitest';
import { ProgressLine } from './progress-line.ts';

function terminal(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => void written.push(text) };
}

it('writes over itself, five times a second at most, and goes without a trace', () => {
  let now = 0;
  const screen = terminal(true, 11);
  const line = new ProgressLine(screen, () => now);
  line.show(() => 'one');
  line.show(() => 'too soon');
  now += 250;
  line.show(() => 'a line that is too long');
  line.clear();
  line.clear();
  expect(screen.written).toEqual(['\r\u001B[2Kone', '\r\u001B[2Ka line tha', '\r\u001B[2K']);
});

it('writes nothing where there is no terminal', () => {
  const pipe = terminal(false);
  const line = new ProgressLine(pipe);
  line.show(() => 'one');
  line.clear();
  expect(pipe.written).toEqual([]);
});
