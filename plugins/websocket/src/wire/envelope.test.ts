import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AckPayload,
  HelloPayload,
  HolePayload,
  RecordsPayload,
  SymbolsPayload,
  envelopeText,
  readEnvelopes,
  readPayload,
} from './envelope.ts';
import { WireFormatError } from './errors.ts';
import { closeReason } from './link-constants.ts';

describe('envelopes', () => {
  it('give back any user, payload and order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 }), (items) => {
        const texts = items.map(([user, payload]) => envelopeText(user, 'news', JSON.stringify(payload), 1_732_395_600_000));
        const together = readEnvelopes(`[${texts.join()}]`);
        expect(together.map(({ user_id }) => user_id)).toEqual(items.map(([user]) => user));
        expect(JSON.stringify(together.map(({ payload }) => payload))).toEqual(JSON.stringify(items.map(([, payload]) => payload)));
        expect(readEnvelopes(texts[0] as string)).toHaveLength(1);
      }),
    );
  });

  it('look as the plan has them', () => {
    expect(JSON.parse(envelopeText('u-1', 'ack', '{"seq":1}', Date.UTC(2026, 10, 23, 21)))).toEqual({
      user_id: 'u-1',
      timestamp: '2026-11-23T21:00:00.000Z',
      data_type: 'ack',
      payload: { seq: 1 },
    });
  });

  it('of whatever text give envelopes or their own error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          for (const envelope of readEnvelopes(text)) expect(typeof envelope.user_id).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of whatever payload give that payload or an error that names it', () => {
    const schemas = [HelloPayload, AckPayload, HolePayload, SymbolsPayload, RecordsPayload];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...schemas), (payload, schema) => {
        try {
          readPayload<unknown>(schema, { user_id: 'u', data_type: 'thing', payload });
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
          expect((error as Error).message).toContain('thing');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('closeReason', () => {
  it('fits a close frame, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => {
        expect(Buffer.byteLength(closeReason(text))).toBeLessThanOrEqual(123);
      }),
    );
  });
});
