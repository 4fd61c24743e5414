import { describe, expect, it } from 'vitest';
import { weekOf } from './week.ts';

const NEW_YORK = 'America/New_York';
const at = (text: string): number => Date.parse(text);

describe('a week', () => {
  it('is from Sunday to Sunday where it is, an hour shorter or longer when the clocks change', () => {
    expect(weekOf(NEW_YORK, at('2026-08-02T04:48:17Z'))).toEqual({ from: at('2026-08-02T04:00:00Z'), to: at('2026-08-09T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-08-02T03:59:59Z'))).toEqual({ from: at('2026-07-26T04:00:00Z'), to: at('2026-08-02T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-03-10T12:00:00Z'))).toEqual({ from: at('2026-03-08T05:00:00Z'), to: at('2026-03-15T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-11-04T12:00:00Z'))).toEqual({ from: at('2026-11-01T04:00:00Z'), to: at('2026-11-08T05:00:00Z') });
  });
});
