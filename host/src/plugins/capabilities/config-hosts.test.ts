import { describe, expect, it } from 'vitest';
import { hostsIn } from './config-hosts.ts';

describe('hostsIn', () => {
  it('finds the host of every address, wherever it is, and of nothing else', () => {
    const config = {
      feeds: [{ url: 'https://www.example.com/rss.xml' }, { url: ' http://127.0.0.1:8080/x' }],
      stream: { at: 'wss://stream.example.com:9443/ws', note: 'see https://elsewhere.example' },
      other: ['ftp://files.example.com', 'example.com', 7, null, true, 'https://'],
      v6: 'http://[::1]:80/',
    };
    expect(hostsIn(config)).toEqual(['www.example.com', '127.0.0.1:8080', 'stream.example.com:9443', '[::1]']);
  });

  it('has none in an empty config', () => {
    expect(hostsIn({})).toEqual([]);
    expect(hostsIn(undefined)).toEqual([]);
  });
});
