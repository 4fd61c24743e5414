import { describe, expect, it } from 'vitest';
import { PLUGIN_ERROR_CODES, PluginError } from './errors.ts';

describe('PluginError', () => {
  it.each(PLUGIN_ERROR_CODES)('%s has a cause and a remedy that are sentences', (code) => {
    const error = new PluginError(code, 'x');
    expect(error.likelyCause).toMatch(/^[A-Z].*\.$/);
    expect(error.remedy).toMatch(/^[A-Z`].*[.]$/);
  });

  it('says what happened and what to do in one line', () => {
    expect(new PluginError('HTTP_REDIRECTS', 'a.example redirected more than 5 times').advice).toBe(
      'a.example redirected more than 5 times. Use the final address.',
    );
    expect(new PluginError('HTTP_FAILED', 'no.', { remedy: 'Do.' }).advice).toBe('no. Do.');
  });

  it('keeps an error that is one already', () => {
    const error = new PluginError('STORE_LIMIT', 'full');
    expect(PluginError.from(error, 'HTTP_FAILED', 'x')).toBe(error);
    expect(PluginError.from(new Error('boom'), 'HTTP_FAILED', 'x')).toMatchObject({ code: 'HTTP_FAILED', message: 'x: boom' });
    expect(PluginError.from('text', 'HTTP_FAILED', 'x').message).toBe('x: text');
  });
});
