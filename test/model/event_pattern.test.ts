import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseFilter } from '../../src/areas/event/filter';
import { compileGlob } from '../../src/areas/event/glob';
import { MAX_PATTERN_CHARS, MAX_PATTERNS, parsePattern, type Pattern } from '../../src/areas/event/pattern';
import { cpuMsOf } from '../helper/cpu';

const pattern = (text: string): Pattern => {
  const parsed = parsePattern(text);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
};

/** The same rules said another way: a regular expression over the UTF-8 bytes. */
const oracle = (glob: string, text: string): boolean => {
  const bytes = (from: string) => Buffer.from(from).toString('latin1');
  const source = bytes(glob)
    .replace(/[\\^$.|+()[\]{}/-]/g, '\\$&')
    .replace(/\*+/g, '[^]*')
    .replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`).test(bytes(text));
};

test('a glob matches what the equivalent regular expression over bytes matches', () => {
  const glob = fc.array(fc.constantFrom('*', '?', 'a', 'b', '.', ':', 'é', '\\', '['), { maxLength: 8 }).map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '.', ':', 'é', '\\', '[', '😀'), { maxLength: 10 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(glob, text, (given, against) => expect(compileGlob(given)(against)).toBe(oracle(given, against))),
    { numRuns: 3000 },
  );
});

test('any text matches itself and itself with parts replaced by stars', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !/[*?]/.test(each));
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      expect(compileGlob(a)(a)).toBe(true);
      expect(compileGlob(`${a}*${c}`)(a + b + c)).toBe(true);
      expect(compileGlob(`*${b}*`)(a + b + c)).toBe(true);
    }),
  );
});

test('a question mark is one byte, so an accented letter takes two', () => {
  expect(compileGlob('caf?')('café')).toBe(false);
  expect(compileGlob('caf??')('café')).toBe(true);
});

/** The rules as a table: may the first `p` of the pattern be the first `t` of the text? A regular expression would take for ever here. */
const table = (glob: string, text: string): boolean => {
  let row = Array.from({ length: text.length + 1 }, (_, t) => t === 0);
  for (const wanted of glob) {
    const next: boolean[] = [];
    for (let t = 0; t <= text.length; t++)
      next[t] = wanted === '*' ? row[t]! || (t > 0 && next[t - 1]!) : t > 0 && row[t - 1]! && (wanted === '?' || wanted === text[t - 1]);
    row = next;
  }
  return row.at(-1)!;
};

test('long parts with question marks match by the same rules', () => {
  const glob = fc.array(fc.constantFrom('*', '?', '?', 'a', 'a', 'b'), { minLength: 30, maxLength: 120 }).map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'a', 'a', 'b'), { minLength: 30, maxLength: 200 }).map((parts) => parts.join(''));
  // Most random pairs differ at once: a text made from the pattern matches it.
  const made = glob.chain((given) =>
    fc.tuple(fc.constant(given), text).map(([from, filler]) => [from, from.replaceAll('?', 'a').replaceAll('*', filler.slice(0, 3))] as const),
  );
  fc.assert(fc.property(glob, text, (given, against) => expect(compileGlob(given)(against)).toBe(table(given, against))));
  fc.assert(fc.property(made, ([given, against]) => expect(compileGlob(given)(against)).toBe(true)));
});

test.each([
  ['many stars', `${'*a'.repeat(500)}*b`],
  ['a long part', `*${'a'.repeat(256)}b*`],
  ['a long part with question marks', `*${'?a'.repeat(400)}b*`],
  ['stars and question marks', `${'*?a'.repeat(300)}*b`],
])('a pattern that takes other matchers long is answered at once: %s', async (_what, text) => {
  const glob = compileGlob(text);
  const spent = await cpuMsOf(() => {
    for (let round = 0; round < 100; round++) expect(glob('a'.repeat(512))).toBe(false);
  });
  expect(spent).toBeLessThan(1000);
});

test('scope and topic are split at the first dot', () => {
  expect(pattern('*.build.done').matches('http', 'build.done')).toBe(true);
  expect(pattern('http.build.*').matches('http', 'build.a.b')).toBe(true);
  expect(pattern('http.build').matches('http', 'build.done')).toBe(false);
});

test('every scope that zd publishes under can be asked for', () => {
  const scopes = new Set(['http', 'job:1', 'schedule:1', 'session:x', 'mesh:x', 'shell:1', 'tag:x', 'user:x']);
  const root = `${import.meta.dir}/../../src`;
  for (const file of new Bun.Glob('**/*.ts').scanSync(root))
    for (const [, scope] of readFileSync(`${root}/${file}`, 'utf8').matchAll(/\bkind: [^}]*?\bscope: '([a-z]+)'/gs)) scopes.add(scope!);
  for (const scope of [...scopes, 'lock', 'artifact', 'daemon', 'l*', '?ock'])
    expect(parsePattern(`${scope}.x`)).toMatchObject({ text: `${scope}.x` });
  expect(scopes).toContain('daemon');
  const pattern = parsePattern('lock.lock.acquired');
  expect(typeof pattern !== 'string' && pattern.matches('lock', 'lock.acquired')).toBe(true);
});

test('scopes match by glob, and http is shell 0 to a pattern', () => {
  expect(pattern('shell:0.*').matches('http', 'x')).toBe(true);
  expect(pattern('shell:*.x').matches('http', 'x')).toBe(true);
  expect(pattern('shell:1.*').matches('http', 'x')).toBe(false);
  expect(pattern('job:1?.stdout').matches('job:12', 'stdout')).toBe(true);
  expect(pattern('*:5.*').matches('job:5', 'x')).toBe(true);
  expect(pattern('*:5.*').matches('job:6', 'x')).toBe(false);
  expect(pattern('http.*').matches('shell:3', 'x')).toBe(false);
});

test.each(['*.*', 'http.x', 'h*.x', 'shell:1.x', 's*.x', 'tag:build.*', '????:1.x', 'mesh:a-b.*', 'session:*.x', 'user:me.x', '*:x.y', 'job:?.*'])(
  '%p is a pattern',
  (text) => {
    expect(pattern(text).text).toBe(text);
  },
);

test.each([
  '',
  'nodot',
  '.topic',
  'scope.',
  '.',
  'foo.bar',
  'shell.x',
  'shell:.x',
  'foo:1.x',
  'foo*.x',
  'Shell:1.x',
  '?.x',
  '*.a\nb',
  '*.a\0',
  '*.\ud800',
])('%p is refused in words', (text) => {
  expect(parsePattern(text)).toBeString();
});

test('a pattern has a greatest length', () => {
  expect(parsePattern('*.'.padEnd(MAX_PATTERN_CHARS, 'x'))).not.toBeString();
  expect(parsePattern('*.'.padEnd(MAX_PATTERN_CHARS + 1, 'x'))).toBeString();
});

test('whatever the text, it is a pattern or refused in words', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (scope, topic) => {
      const parsed = parsePattern(`${scope}.${topic}`);
      if (typeof parsed !== 'string') parsed.matches('http', topic);
    }),
  );
});

const event = (scope: string, topic: string, visibility: 'public' | 'private' = 'public') =>
  ({ seq: 1, id: 'e-1', ts: 0, kind: 'pub', scope, topic, source: 'http', visibility, data: 'null' }) as const;

test('filters with the same patterns in any order are the same filter', () => {
  const [a, b] = [parseFilter(['http.b', '*.a', '*.a']), parseFilter(['*.a', 'http.b'])];
  if (typeof a === 'string' || typeof b === 'string') throw new Error('refused');
  expect(a.key).toBe(b.key);
});

test('a filter names the patterns that matched, and never lets a private event through', () => {
  const filter = parseFilter(['http.build.*', '*.build.done', 'job:*.*']);
  if (typeof filter === 'string') throw new Error(filter);
  expect(JSON.parse(filter.match(event('http', 'build.done'))!)).toEqual(['*.build.done', 'http.build.*']);
  expect(JSON.parse(filter.match(event('job:1', 'build.done'))!)).toEqual(['*.build.done', 'job:*.*']);
  expect(filter.match(event('http', 'other'))).toBeNull();
  expect(filter.match(event('http', 'build.done', 'private'))).toBeNull();
});

test('a stream takes 1 to 64 patterns', () => {
  expect(parseFilter([])).toBeString();
  expect(parseFilter(Array.from({ length: MAX_PATTERNS }, (_, at) => `*.t${at}`))).not.toBeString();
  expect(parseFilter(Array.from({ length: MAX_PATTERNS + 1 }, (_, at) => `*.t${at}`))).toBeString();
});
