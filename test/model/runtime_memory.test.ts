import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bounded } from '../../src/areas/runtime/envelope';
import { compact, sizeOf, type Entry } from '../../src/areas/runtime/memory_model';
import { ulid } from '../../src/kernel/ids';

const entry = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), text: fc.constantFrom('', ' ', 'x', 'x ', 'y', 'z', 'a much longer text') });
const entries = fc.array(entry, { maxLength: 12 });
/** What a profile remembers is always something a compaction left. */
const known = entries.map((added) => compact([], added, 200).entries);

test('compacting the same again changes nothing, and what is left fits', () => {
  fc.assert(
    fc.property(known, entries, fc.integer({ min: 0, max: 200 }), (before, added, maxBytes) => {
      const once = compact(before, added, maxBytes);
      const twice = compact(once.entries, added, maxBytes);
      expect(twice.entries).toEqual(once.entries);
      expect(once.entries.reduce((sum, each) => sum + sizeOf(each), 0)).toBeLessThanOrEqual(maxBytes);
    }),
    { numRuns: 3000 },
  );
});

test('nothing is invented, no key or text stands twice, and the latest of each key holds', () => {
  fc.assert(
    fc.property(known, entries, (before, added) => {
      const { entries: after, evicted } = compact(before, added, 1_000_000);
      expect(evicted).toBe(0);
      expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
      expect(new Set(after.map(({ text }) => text.trim())).size).toBe(after.length);
      const all: readonly Entry[] = [...before, ...added];
      for (const { key, text } of after) expect(text).toBe(all.findLast((each) => each.key === key)!.text);
      for (const { key } of all) {
        const { text } = all.findLast((each) => each.key === key)!;
        // What is not there was removed, or is said by another key.
        if (text.trim() !== '') expect(after.map((each) => each.text.trim())).toContain(text.trim());
        else expect(after.map((each) => each.key)).not.toContain(key);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a payload is within its bound or has no large member left, and says what is missing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.jsonValue()), fc.integer({ min: 50, max: 400 }), (payload, maxBytes) => {
      const told = bounded(payload, maxBytes);
      const { truncated = [], ...rest } = told as { truncated?: string[] };
      for (const [name, value] of Object.entries(payload)) {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        expect((rest as Record<string, unknown>)[name]).toEqual(truncated.includes(name) ? { truncated: true, bytes } : value);
      }
      const left = Object.entries(payload).filter(([name]) => !truncated.includes(name));
      expect(left.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(JSON.stringify(value)), 0)).toBeLessThanOrEqual(maxBytes);
    }),
  );
});

test('ULIDs carry their time, sort by it and differ', () => {
  const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.integer({ min: 0, max: 2 ** 48 - 1 }), (a, b) => {
      const [first, second] = [ulid(a), ulid(b)];
      expect([...first.slice(0, 10)].reduce((value, char) => value * 32 + CROCKFORD.indexOf(char), 0)).toBe(a);
      if (a < b) expect(first < second).toBe(true);
      expect(first).not.toBe(second);
    }),
  );
});
