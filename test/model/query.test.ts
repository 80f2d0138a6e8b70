import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { queryOf } from '../../src/transport/url';

const piece = fc.array(fc.constantFrom('a', 'b', '=', '&', '?', '+', '%', '%20', '%41', '%C3%A4', '%ff', 'ä', '.', '[', '__proto__'), {
  maxLength: 12,
});

test('a query is read as URLSearchParams reads it', () => {
  fc.assert(
    fc.property(piece, (pieces) => {
      const text = pieces.join('');
      const expected = new Map<string, string[]>();
      for (const [name, value] of new URLSearchParams(`&${text}`)) expected.set(name, [...(expected.get(name) ?? []), value]);
      expect([...queryOf(`http://zd/op/x?${text}`)]).toEqual([...expected]);
    }),
    { numRuns: 2000 },
  );
});

test('an address without a query has none', () => {
  expect(queryOf('http://zd/op/x').size).toBe(0);
  expect(queryOf('/op/x?').size).toBe(0);
});
