import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { millis, nanos } from '../../src/kernel/clock';

test('a time in milliseconds is itself again after the wire', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8_640_000_000_000_000 / 1000 }), (ms) => {
      expect(millis(nanos(ms))).toBe(ms);
      expect(millis(JSON.parse(JSON.stringify(nanos(ms))) as number)).toBe(ms);
    }),
  );
});
