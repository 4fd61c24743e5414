import { describe, expect, it } from 'vitest';
import { isLocal, plaintextProblem } from './plaintext.ts';

describe('the URL of the backend', () => {
  it.each([
    'wss://backend.example/ws/client/u',
    'ws://127.0.0.1:8001/ws/client/u',
    'ws://127.9.9.9/x',
    'ws://localhost:1/x',
    'ws://[::1]:1/x',
  ])('may be %s', (url) => {
    expect(plaintextProblem(url, false)).toBeNull();
  });

  it.each([
    ['ws://backend.example/x', 'another machine'],
    ['ws://192.168.1.2/x', 'another machine'],
    ['ws://127.0.0.1.evil.example/x', 'another machine'],
    ['http://127.0.0.1/x', 'http:'],
    ['backend', 'not one'],
    ['', 'not one'],
  ])('must not be %s', (url, what) => {
    expect(plaintextProblem(url, false)).toContain(what);
  });

  it('may be in the clear elsewhere where the user says so', () => {
    expect(plaintextProblem('ws://backend:8001/x', true)).toBeNull();
    expect(plaintextProblem('http://backend:8001/x', true)).toContain('http:');
  });

  it('is known to be on this machine or not', () => {
    expect(['ws://127.0.0.1:1/', 'ws://localhost/', 'ws://[::1]/', 'wss://backend.example/', ''].map(isLocal)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
