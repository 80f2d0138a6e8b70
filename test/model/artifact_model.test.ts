import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { declaredDigest, matchesTag, parseRanges } from '../../src/areas/artifact/http';
import { checkName, contentOf, decodeCursor, encodeCursor, namespaceOf, overTheLimit, prefixEnd, type Unit } from '../../src/areas/artifact/model';

const unit: fc.Arbitrary<Unit> = fc.record({
  digest: fc.uuid(),
  bytes: fc.nat(100),
  used_at: fc.nat(20),
  kept: fc.boolean(),
});

describe('the collector', () => {
  test('gives up no more than needed, nothing kept, and never a later one before an earlier one', () => {
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), fc.nat(1000), (units, limit) => {
        const chosen = overTheLimit(units, limit);
        const gone = new Set(chosen);
        expect(chosen.some(({ kept }) => kept)).toBe(false);
        const left = units.filter((each) => !gone.has(each));
        const total = left.reduce((sum, { bytes }) => sum + bytes, 0);
        // Either it fits or only kept ones are left.
        expect(total <= limit || left.every(({ kept }) => kept)).toBe(true);
        // Without its last choice it would not fit.
        if (chosen.length > 0) expect(total + chosen.at(-1)!.bytes).toBeGreaterThan(limit);
        for (const each of left) if (!each.kept) for (const other of chosen) expect(other.used_at).toBeLessThanOrEqual(each.used_at);
      }),
    );
  });
});

describe('a range', () => {
  const edge = fc.option(fc.nat(2000), { nil: '' });
  test('lies inside the content whatever is asked', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.tuple(edge, edge), { maxLength: 4 }), (size, asked) => {
        const ranges = parseRanges(`bytes=${asked.map(([from, to]) => `${from}-${to}`).join(', ')}`, size);
        if (ranges === null || ranges === 'unsatisfiable') return;
        expect(ranges.length).toBeGreaterThan(0);
        for (const { first, last } of ranges) {
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeLessThan(size);
          expect(first).toBeLessThanOrEqual(last);
        }
        expect(ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)).toBeLessThanOrEqual(size);
      }),
    );
  });
});

test('tags match weakly and in lists', () => {
  for (const [header, matches] of [
    ['"a"', true],
    ['W/"a"', true],
    ['"b", "a"', true],
    ['*', true],
    ['a', false],
    ['"b"', false],
    ['', false],
  ] as const)
    expect([header, matchesTag(header, '"a"')]).toEqual([header, matches]);
});

test('a declared digest is read or refused, never guessed', () => {
  const bytes = Buffer.alloc(32, 7);
  const of = (name: string, value: string) => declaredDigest(new Headers({ [name]: value }));
  expect(of('content-digest', `sha-256=:${bytes.toString('base64')}:`)).toBe(bytes.toString('hex'));
  expect(of('digest', `SHA-256=${bytes.toString('base64')}`)).toBe(bytes.toString('hex'));
  expect(of('digest', 'md5=abc')).toBeNull();
  expect(of('content-digest', `sha-256=:${bytes.subarray(1).toString('base64')}:`)).toBe('bad');
  expect(declaredDigest(new Headers())).toBeNull();
});

test('names keep their text, and what they would be mixed up with is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (name) => {
      const fault = (() => {
        try {
          checkName(name);
          return false;
        } catch {
          return true;
        }
      })();
      if (fault) return;
      // An address of it leads back to it, through a URL as clients build and servers read it.
      const { pathname } = new URL(`http://zd/artifact/${name.split('/').map(encodeURIComponent).join('/')}`);
      expect(decodeURIComponent(pathname.slice('/artifact/'.length))).toBe(name);
    }),
  );
  expect([namespaceOf('a/b/c'), namespaceOf('a'), namespaceOf('/a')]).toEqual(['a', '', '']);
});

test('cursors and prefixes are exact', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (prefix, rest) => {
      expect(decodeCursor(encodeCursor(prefix))).toBe(prefix);
      const end = prefixEnd(prefix);
      if (end !== null) expect(Buffer.compare(Buffer.from(prefix + rest), Buffer.from(end))).toBeLessThan(0);
    }),
  );
});

test('a content is one of two', () => {
  expect(Buffer.from(contentOf('ä', undefined)).toString()).toBe('ä');
  expect(Buffer.from(contentOf([1, null], undefined)).toString()).toBe('[1,null]');
  expect(Buffer.from(contentOf(undefined, 'AP8=')).toString('hex')).toBe('00ff');
  expect(() => contentOf(undefined, undefined)).toThrow();
});
