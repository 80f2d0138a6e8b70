import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  counterValue,
  decodeCursor,
  decodeValue,
  encodeCursor,
  encodeValue,
  expiryOf,
  isExpired,
  laterKey,
  prefixEnd,
} from '../../src/areas/cache/model';
import { ZdError } from '../../src/kernel/error';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'B', '%', '_', '\\', '\u007f', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}') }),
);
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test('a key is in the range of a prefix exactly when its bytes start with it', () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), (prefix, other, extend) => {
      const key = extend ? prefix + other : other;
      const end = prefixEnd(prefix);
      const inside = bytewise(key, prefix) >= 0 && (end === null || bytewise(key, end) < 0);
      expect(inside).toBe(Buffer.from(key).subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix)));
      expect(end?.isWellFormed() ?? true).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('the end of a prefix at the edges', () => {
  expect(prefixEnd('')).toBeNull();
  expect(prefixEnd('\u{10ffff}\u{10ffff}')).toBeNull();
  expect(prefixEnd('a\u{10ffff}')).toBe('b');
  expect(prefixEnd('\ud7ff')).toBe('\ue000');
  expect(prefixEnd('\uffff')).toBe('\u{10000}');
});

test('laterKey follows bytes, not UTF-16 units', () => {
  fc.assert(fc.property(text, text, (a, b) => expect(laterKey(a, b)).toBe(bytewise(a, b) < 0 ? b : a)));
});

test('every value comes back as it was put', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.jsonValue()), (value) => {
      const { type, data, bytes } = encodeValue(value, undefined);
      const decoded = decodeValue(type, data);
      expect(decoded.type).toBe(typeof value === 'string' ? 'text' : 'json');
      expect(JSON.stringify(decoded.value)).toBe(JSON.stringify(value));
      expect(bytes).toBe(Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const base64 = Buffer.from(bytes).toString('base64');
      const encoded = encodeValue(undefined, base64);
      expect(encoded.bytes).toBe(bytes.length);
      expect(decodeValue(encoded.type, encoded.data)).toEqual({ type: 'binary', value: null, value_base64: base64 });
    }),
  );
});

test('what is no value is refused', () => {
  for (const [value, base64] of [
    [undefined, undefined],
    ['a', 'YQ=='],
    [null, 'YQ=='],
    ['\ud800', undefined],
    [undefined, 'YQ'],
    [undefined, 'YR=='],
    [undefined, 'YQ==\n'],
    [undefined, '_-8='],
    [undefined, '='],
  ] as const) {
    expect(() => encodeValue(value, base64)).toThrow(ZdError);
  }
});

test('a lone surrogate inside JSON survives', () => {
  const { type, data } = encodeValue({ a: '\ud800' }, undefined);
  expect(decodeValue(type, data).value).toEqual({ a: '\ud800' });
});

test('only canonical safe integers count', () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (n) => expect(counterValue(1, String(n))).toBe(n === 0 ? 0 : n)));
  for (const text of [
    '',
    '+1',
    '01',
    '-0',
    '1.0',
    '1e3',
    ' 1',
    '1\n',
    '9007199254740992',
    '-9007199254740992',
    '99999999999999999999',
    'null',
    '"1"',
  ]) {
    expect(counterValue(0, text)).toBeNull();
  }
  expect(counterValue(0, '9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(counterValue(0, '-9007199254740991')).toBe(-Number.MAX_SAFE_INTEGER);
  expect(counterValue(2, new Uint8Array([49]))).toBeNull();
});

test('a cursor holds its key, and nothing else is one', () => {
  fc.assert(
    fc.property(
      text.filter((key) => key !== ''),
      (key) => expect(decodeCursor(encodeCursor(key))).toBe(key),
    ),
  );
  for (const cursor of ['', '=', 'a b', '_w', 'YQ==', 'YQ=']) expect(() => decodeCursor(cursor)).toThrow(ZdError);
});

test('an entry lives up to its end and not at it', () => {
  expect(expiryOf(2, 1000)).toBe(3000);
  expect(expiryOf(null, 1000)).toBeNull();
  expect(isExpired(3000, 2999)).toBe(false);
  expect(isExpired(3000, 3000)).toBe(true);
  expect(isExpired(null, Number.MAX_SAFE_INTEGER)).toBe(false);
});
