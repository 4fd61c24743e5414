import { PluginManifest } from '@tickhub/plugin-sdk/host';
import { beforeEach, describe, expect, it } from 'vitest';
import { Versions } from './versions.ts';
import type { Version } from './versions.ts';

function version(number: string): Version {
  const manifest = PluginManifest.parse({ id: 'feed', version: number, kind: 'data-source', sdk: '*', entry: 'index.js' });
  return { release: { manifest, origin: 'user', folder: '/feed', dir: `/staged/${number}`, hash: number }, config: {}, why: 'test' };
}

const [one, two, three] = [version('1.0.0'), version('2.0.0'), version('3.0.0')] as const;

describe('Versions', () => {
  let notes: string[];
  let versions: Versions;
  beforeEach(() => {
    notes = [];
    versions = new Versions((note) => notes.push(note));
    versions.propose(one);
    versions.adopt();
  });

  it('adopts the first untried', () => {
    expect(versions).toMatchObject({ current: one, candidate: null, held: null });
    expect(versions.compare(one.release)).toBe('current');
    expect(versions.compare(two.release)).toBe('new');
  });

  it('knows what waits', () => {
    versions.propose(two);
    expect(versions.compare(two.release)).toBe('known');
    expect([...versions.hashes].sort()).toEqual(['1.0.0', '2.0.0']);
  });

  it('keeps the old when the new fails, says so once, and does not try the same again', () => {
    versions.propose(two);
    versions.failed(two, 'no login');
    versions.failed(two, 'no login');
    expect(versions).toMatchObject({ current: one, candidate: null, held: 'kept 1.0.0: 2.0.0 failed: no login' });
    expect(notes).toEqual(['kept 1.0.0: 2.0.0 failed: no login']);
    expect(versions.compare(two.release)).toBe('known');
    versions.forgive();
    expect(versions.compare(two.release)).toBe('new');
  });

  it('forgets the note when the folder is back at what runs', () => {
    versions.propose(two);
    versions.failed(two, 'x');
    expect(versions.agree()).toBe(false);
    expect(versions.held).toBeNull();
    expect(versions.compare(two.release)).toBe('new');
  });

  it('drops another release when the folder is back, but not a change of config', () => {
    versions.propose(two);
    expect(versions.agree()).toBe(true);
    expect(versions.candidate).toBeNull();
    const reconfigured = { ...one, config: { a: 1 } };
    versions.propose(reconfigured);
    expect(versions.agree()).toBe(false);
    expect(versions.candidate).toBe(reconfigured);
  });

  it('does not lose one that came while another took over, or failed', () => {
    versions.propose(two);
    versions.propose(three);
    versions.switched(two);
    expect(versions).toMatchObject({ current: two, candidate: three });
    versions.failed(two, 'late');
    expect(versions.candidate).toBe(three);
  });

  it('falls back to what worked, but not over something newer, nor from what worked itself', () => {
    versions.prove(one);
    versions.fallBack('crash');
    expect(versions).toMatchObject({ current: one, held: null });
    versions.propose(two);
    versions.adopt();
    versions.propose(three);
    versions.fallBack('crash');
    expect(versions.current).toBe(two);
    versions.withdraw();
    versions.fallBack('crash');
    expect(versions).toMatchObject({ current: one, held: 'kept 1.0.0: 2.0.0 failed: crash' });
  });

  it('has nothing to fall back to when nothing ever worked', () => {
    versions.propose(two);
    versions.adopt();
    versions.fallBack('crash');
    expect(versions.current).toBe(two);
  });
});
