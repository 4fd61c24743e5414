import { describe, expect, it } from 'vitest';
import { aggregates, BLUESKY, harness, make, MINUTE, posts, skeet, visible } from './social.fixture.ts';

describe('what leaves the machine', () => {
  const said = 'long $EURUSD says @friend.example, ask u/someone or me@mail.example';

  it('is counts and means by default, and nothing of a post or its author', async () => {
    make(BLUESKY);
    await harness.start();
    harness.sockets.last.send(skeet(said, { id: 'secretrkey', author: 'did:plc:secretauthor' }));
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toHaveLength(1);
    expect(posts()).toEqual([]);
    expect(visible()).not.toMatch(/friend|someone|secretrkey|secretauthor|says|mail/);
    // Nor is it kept beside what is sent.
    expect(JSON.stringify([...harness.store])).not.toMatch(/friend|someone|secretrkey|secretauthor|says|mail/);
  });

  it('is pseudonyms with "posts", and also the text, without names, with "text"', async () => {
    for (const share of ['posts', 'text']) {
      make({ ...BLUESKY, share });
      await harness.start();
      harness.sockets.last.send(skeet(said, { id: 'secretrkey', author: 'did:plc:secretauthor' }));
      await harness.settle();
      const [post] = posts();
      expect(post).toMatchObject({ kind: 'post', network: 'bluesky', symbols: ['EURUSD'], spam: 0, language: 'en' });
      expect(post?.author).toMatch(/^[\w-]{22}$/);
      expect(post?.text).toBe(share === 'text' ? 'long $EURUSD says @…, ask u/… or @…' : undefined);
      expect(visible()).not.toMatch(/friend|someone|secretrkey|secretauthor|mail\.example/);
      await harness.stop();
    }
  });

  it('names an author alike in one installation, and differently in another', async () => {
    const name = async (store: Map<string, unknown>): Promise<string | undefined> => {
      make({ ...BLUESKY, share: 'posts' }, { store });
      await harness.start();
      harness.sockets.last.send(skeet('$EURUSD', { author: 'did:plc:one' }));
      await harness.settle();
      await harness.stop();
      return posts()[0]?.author;
    };
    const store = new Map<string, unknown>();
    const [first, again, elsewhere] = [await name(store), await name(store), await name(new Map())];
    expect(first).toBe(again);
    expect(first).not.toBe(elsewhere);
  });
});
