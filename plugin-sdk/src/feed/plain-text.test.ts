import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it('leaves out what nobody is meant to read', () => {
    expect(plainText('a<script src="x">b</script >c<style>d</style>e<script>f')).toBe('a c e');
    expect(plainText('a<script b')).toBe('a');
  });

  it('looks at markup once, however much of it is never closed', () => {
    expect(plainText(`a${'<script'.repeat(300_000)}`)).toBe('a');
    expect(plainText(`a${'<script>'.repeat(300_000)}`)).toBe('a');
    expect(plainText(`a<script>${'</script '.repeat(200_000)}`)).toBe('a');
    expect(plainText(`a${'<!--'.repeat(300_000)}`)).toBe('a');
  });
});
