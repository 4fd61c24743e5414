import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsHost, canonicalHost, parseHostPattern } from './host-pattern.ts';
import { isPrivateAddress } from './private-address.ts';

describe('parseHostPattern', () => {
  it.each([
    ['api.example.com', { host: 'api.example.com', below: false, port: null }],
    ['API.Example.com', { host: 'api.example.com', below: false, port: null }],
    ['*.example.com', { host: 'example.com', below: true, port: null }],
    ['*.example.com:8443', { host: 'example.com', below: true, port: 8443 }],
    ['127.0.0.1:8080', { host: '127.0.0.1', below: false, port: 8080 }],
    ['localhost:1', { host: 'localhost', below: false, port: 1 }],
    ['[::1]:8080', { host: '::1', below: false, port: 8080 }],
    ['::1', { host: '::1', below: false, port: null }],
    ['[0:0:0:0:0:0:0:1]', { host: '::1', below: false, port: null }],
  ])('reads %s', (text, pattern) => {
    expect(parseHostPattern(text)).toEqual(pattern);
  });

  it.each([
    ['https://example.com', 'has a scheme or a path'],
    ['example.com/x', 'has a scheme or a path'],
    ['*', 'has a * that is not its first label'],
    ['*.com', 'would allow a whole top-level domain'],
    ['a.*.com', 'has a * that is not its first label'],
    ['example.com:0', 'has the port 0, allowed are 1 to 65535'],
    ['example.com:70000', 'has the port 70000, allowed are 1 to 65535'],
    ['', 'is not a host'],
    ['exa mple.com', 'is not a host'],
    ['user@example.com', 'is not a host'],
  ])('refuses %s', (text, why) => {
    expect(parseHostPattern(text)).toBe(why);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseHostPattern(text)));
  });
});

describe('allowsHost', () => {
  const allows = (pattern: string, url: string): boolean => {
    const parsed = parseHostPattern(pattern);
    if (typeof parsed === 'string') throw new Error(parsed);
    const { hostname, port, protocol } = new URL(url);
    const usual = protocol === 'https:' ? 443 : 80;
    return allowsHost(parsed, canonicalHost(hostname), port === '' ? usual : Number(port), usual);
  };

  it.each([
    ['api.example.com', 'https://api.example.com/x', true],
    ['api.example.com', 'https://API.example.com./x', true],
    ['api.example.com', 'http://api.example.com', true],
    ['api.example.com', 'https://api.example.com:8443', false],
    ['api.example.com:8443', 'https://api.example.com:8443', true],
    ['api.example.com:8443', 'https://api.example.com', false],
    ['api.example.com', 'https://evil-api.example.com', false],
    ['api.example.com', 'https://api.example.com.evil.org', false],
    ['*.example.com', 'https://a.b.example.com', true],
    ['*.example.com', 'https://example.com', false],
    ['*.example.com', 'https://evilexample.com', false],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080', true],
    ['127.0.0.1:8080', 'http://2130706433:8080', true],
    ['[::1]:8080', 'http://[::1]:8080', true],
  ])('%s lets %s through: %s', (pattern, url, allowed) => {
    expect(allows(pattern, url)).toBe(allowed);
  });
});

describe('isPrivateAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::7f00:1',
    '64:ff9b:1:7f00:0:100::',
    '::127.0.0.1',
    '::a9fe:a9fe',
    '192.88.99.1',
    '3fff::1',
    '5f00::1',
    '2002:7f00:1::',
    '2001:db8::1',
    'not an address',
  ])('%s is', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '192.167.1.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    '%s is not',
    (address) => {
      expect(isPrivateAddress(address)).toBe(false);
    },
  );
});
