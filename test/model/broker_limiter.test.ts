import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Limiter } from '../../src/broker/limiter';

test('no more is let through than the rate and the burst allow, whatever is tried', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 400 }), id: fc.option(fc.nat(30).map(String)) }), { maxLength: 400, size: 'max' }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (tries, rate, burst) => {
        const limiter = new Limiter(rate, burst);
        let now = 0;
        const taken: number[] = [];
        for (const { gap, id } of tries) {
          now += gap;
          if (limiter.take('m', id, now) === 0) taken.push(now);
        }
        // From the start on: a place that nobody came back to in its time may be used later, together with others.
        for (const [before, at] of taken.entries()) expect(before + 1).toBeLessThanOrEqual(burst + Math.floor((at * rate) / 1000 + 1e-6) + 1);
      },
    ),
    { numRuns: 60 },
  );
});

test('a refused message comes through when it was told to, however often it was tried before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 50 }), (burst, between) => {
      const limiter = new Limiter(10, burst);
      for (let at = 0; at < burst; at++) expect(limiter.take('m', `first-${at}`, 0)).toBe(0);
      const waits = Array.from({ length: 5 }, (_, at) => limiter.take('m', `late-${at}`, 0));
      expect(waits).toEqual([100, 200, 300, 400, 500]);
      for (const part of between) for (const [at, wait] of waits.entries()) expect(limiter.take('m', `late-${at}`, wait * part)).toBeGreaterThan(0);
      for (const [at, wait] of waits.entries()) expect(limiter.take('m', `late-${at}`, wait)).toBe(0);
    }),
  );
});

test('members do not share a rate, and what nobody comes back for is forgotten', () => {
  const limiter = new Limiter(1, 1);
  expect([limiter.take('a', 'x', 0), limiter.take('b', 'x', 0)]).toEqual([0, 0]);
  expect(limiter.take('a', 'y', 0)).toBe(1000);
  limiter.sweep(100_000, 1000);
  expect([limiter.take('a', 'y', 100_000), limiter.take('a', 'z', 100_000)]).toEqual([0, 1000]);
});
