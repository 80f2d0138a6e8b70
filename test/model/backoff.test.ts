import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { BACKOFF_MS, backoffMs, worst, type PartState, type PartStatus } from '../../src/kernel/part';

const failures = fc.integer({ min: 1, max: 10_000 });
const chance = fc.double({ min: 0, max: 1, noNaN: true });

test('a pause is between half and all of a bound that doubles up to the longest one', () => {
  fc.assert(
    fc.property(failures, chance, (count, random) => {
      const bound = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** (count - 1));
      const pause = backoffMs(count, random);
      expect(pause).toBeGreaterThanOrEqual(bound / 2);
      expect(pause).toBeLessThanOrEqual(bound);
    }),
  );
});

test('with the same luck no pause is shorter than the one before', () => {
  fc.assert(fc.property(failures, chance, (count, random) => backoffMs(count + 1, random) >= backoffMs(count, random)));
});

test('the whole is as its worst part', () => {
  const part = (state: PartState): PartStatus => ({ name: state, state, since: 0, restarts: 0, note: null, last_error: null });
  expect(worst([])).toBe('ok');
  expect(worst([part('ok'), part('starting')])).toBe('starting');
  expect(worst([part('degraded'), part('failed'), part('ok'), part('backing_off')])).toBe('failed');
});
