import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bestOf, mayFit, patternOf, scoreOf } from '../../src/areas/history/fuzzy';
import { highlightSpans } from '../../src/areas/history/highlighting';
import { fits, ignoredBy } from '../../src/areas/history/ignore';
import { NO_NAMES, type KnownNames } from '../../src/areas/history/names';
import { REDACTED, redact } from '../../src/areas/history/redact';
import { maskOf } from '../../src/areas/history/segment';
import { cpuMsOf } from '../helper/cpu';

const bytes = (text: string) => new TextEncoder().encode(text.toLowerCase());
const score = (line: string, filter: string) => scoreOf(bytes(line), 0, bytes(line).length, patternOf(filter));
const best = (line: string, filter: string) => bestOf(bytes(line), patternOf(filter))?.score ?? -1;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/', '-', ' ', 'ü', '.'), maxLength: 24 });

test('fuzzy: a line fits exactly when each word’s characters stand in it in order', () => {
  const inOrder = (line: Uint8Array, word: Uint8Array) => {
    let at = -1;
    return word.every((byte) => (at = line.indexOf(byte, at + 1)) !== -1);
  };
  fc.assert(
    fc.property(text, text, (line, filter) => {
      const pattern = patternOf(filter);
      const expected = pattern.words.every((word) => inOrder(bytes(line), word));
      expect(score(line, filter) >= 0).toBe(expected);
      expect(best(line, filter) >= 0).toBe(expected);
      // What is passed over by its characters, or by the bound of the score, could not have fitted.
      const text = bytes(line);
      const [fore, aft] = [maskOf(text, 0, text.length >> 1), maskOf(text, text.length >> 1)];
      if (expected) expect(mayFit(fore, aft, pattern)).toBe(true);
      expect(scoreOf(text, 0, text.length, pattern, aft)).toBe(score(line, filter));
      expect(Math.max(score(line, filter), best(line, filter))).toBeLessThanOrEqual(pattern.most);
    }),
    { numRuns: 2000 },
  );
});

test('fuzzy: the places found spell the word, and the closer look is never worse than the quick one', () => {
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/', '-'), minLength: 1, maxLength: 5 }), (line, word) => {
      const found = bestOf(bytes(line), patternOf(word));
      if (!found) return;
      const small = bytes(line);
      expect(found.at.map((at) => String.fromCharCode(small[at]!)).join('')).toBe(word);
      expect(found.at).toEqual(found.at.toSorted((a, b) => a - b));
      expect(found.score).toBeGreaterThanOrEqual(score(line, word));
    }),
    { numRuns: 2000 },
  );
});

test('fuzzy: beginnings of words, runs and short gaps come first', () => {
  const ordered = (filter: string, ...lines: string[]) => expect(lines.toSorted((a, b) => best(b, filter) - best(a, filter))).toEqual(lines);
  ordered('gco', 'gco now', 'git checkout', 'magic odd');
  ordered('dock', 'docker ps', 'my-docker', 'deo cuk');
  ordered('src', 'vim src/main.ts', 'vim desrc', 'vim asaarxac');
});

test('patterns: the same answers as a regular expression, in bounded time', async () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  const line = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, line, (given, subject) => {
      const expression = new RegExp(`^${given.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`);
      expect(fits(given, subject)).toBe(expression.test(subject));
    }),
    { numRuns: 2000 },
  );
  expect(await cpuMsOf(() => fits('*a'.repeat(200), 'a'.repeat(50_000).slice(0, -1) + 'b'))).toBeLessThan(2000);
  expect(ignoredBy('pass x', { paused: false, leadingSpace: true, patterns: ['pass *'] })).toBe('pattern');
  expect(ignoredBy(' x', { paused: false, leadingSpace: false, patterns: [] })).toBeNull();
});

const AKIA = `AKIA${'ABCDEFGH23456789'}`;
const SECRETS: readonly (readonly [string, string])[] = [
  ['export GH_TOKEN=abc123 && ls', 'export GH_TOKEN=# && ls'],
  ['curl -u bob:pw https://x', 'curl -u bob:# https://x'],
  ['mysql -uroot -psecret db', 'mysql -uroot -p# db'],
  ['psql postgres://u:pw@h/db', 'psql postgres://u:#@h/db'],
  ['curl -H "Authorization: Bearer abc.def"', 'curl -H "Authorization: Bearer #"'],
  ['curl -H "X-Api-Key: abcdef" url', 'curl -H "X-Api-Key: #" url'],
  ['cli --password hunter2 --x', 'cli --password # --x'],
  ["cli --api-key='a b' y", 'cli --api-key=# y'],
  ['set -gx API_KEY foo', 'set -gx API_KEY #'],
  ['AWS_SECRET_ACCESS_KEY="a b c" run', 'AWS_SECRET_ACCESS_KEY=# run'],
  ['PGPASSWORD=x psql', 'PGPASSWORD=# psql'],
  ['MYSQL_PWD=x SSH=1 mysql', 'MYSQL_PWD=# SSH=1 mysql'],
  ['sshpass -p pw ssh h', 'sshpass -p # ssh h'],
  [`aws configure set x ${AKIA}`, 'aws configure set x #'],
  [`echo ghp_${'a1'.repeat(18)}`, 'echo #'],
  [`curl x?api_key=abc&y=1`, 'curl x?api_key=#&y=1'],
];

test('secrets are taken out, and only they', () => {
  for (const [line, expected] of SECRETS) expect(redact(line)).toEqual({ line: expected.replaceAll('#', REDACTED), redacted: 1 });
  for (const line of [
    ...[
      'git push',
      'multitool.p',
      'stripe listen',
      'cli --token=$TOKEN',
      'tokenizer=3 x',
      'grep password file',
      'cat token.txt',
      'kubectl get secret foo',
    ],
    ...[
      'curl -H "Authorization: Bearer $T"',
      'git commit -m "token: fix"',
      'docker run -p 80:80 x',
      'ssh -p 22 host',
      'PWD=/tmp ls',
      'PASSWORD=$(pass show x) run',
      'git log --author=me',
      'mysql -u root db',
    ],
  ])
    expect(redact(line)).toEqual({ line, redacted: 0 });
});

test('what was taken out once stays as it is', () => {
  for (const [line] of SECRETS) expect(redact(redact(line).line).redacted).toBe(0);
});

test('a line made to be slow is not', async () => {
  const parts = [
    'a-',
    'x_',
    'a',
    ' --',
    'curl -u ',
    'mysql ',
    'set -a ',
    'eyJaaaaaaaa.',
    'token="',
    'a://x:',
    'authorization: ',
    '-----BEGIN PRIVATE KEY-----',
  ];
  const lines = parts.map((part) => `${part.repeat(Math.floor(60_000 / part.length))}=`);
  expect(await cpuMsOf(() => lines.map((line) => redact(line)))).toBeLessThan(3000);
});

const known = { names: NO_NAMES, runs: (name: string) => ['git', 'ls', 'grep'].includes(name) };
const kinds = (line: string, with_ = known) =>
  highlightSpans(line, with_).map(({ start, end, kind }) => [Buffer.from(line).subarray(start, end).toString(), kind]);

test('highlight: kinds by place and form, offsets in bytes', () => {
  expect(kinds('FOO=1 git commit -m "ü $x" $y # hi')).toEqual([
    ...[
      ['FOO=1', 'assignment'],
      ['git', 'command'],
      ['commit', 'argument'],
      ['-m', 'option'],
      ['"ü $x"', 'string'],
      ['$y', 'param'],
      ['# hi', 'comment'],
    ],
  ]);
  expect(kinds('nosuch a#b | grep x > /tmp/y 2>&1 && ls *.ts;cd ..')).toEqual([
    ...[
      ['nosuch', 'error'],
      ['a#b', 'argument'],
      ['|', 'operator'],
      ['grep', 'command'],
      ['x', 'argument'],
      ['>', 'redirect'],
      ['/tmp/y', 'path'],
      ['2>&', 'redirect'],
    ],
    ...[
      ['1', 'argument'],
      ['&&', 'operator'],
      ['ls', 'command'],
      ['*.ts', 'glob'],
      [';', 'operator'],
      ['cd', 'builtin'],
      ['..', 'path'],
    ],
  ]);
  expect(
    kinds('if ls; then echo hi; fi')
      .filter(([, kind]) => kind === 'keyword')
      .map(([word]) => word),
  ).toEqual(['if', 'then', 'fi']);
  const names: KnownNames = {
    ...NO_NAMES,
    kindOf: (name) => (name === 'gs' ? 'alias' : name === 'fn' ? 'function' : name === 'G' ? 'galias' : null),
  };
  expect(kinds('gs G; fn G', { ...known, names })).toEqual([
    ['gs', 'alias'],
    ['G', 'galias'],
    [';', 'operator'],
    ['fn', 'function'],
    ['G', 'galias'],
  ]);
});

test('highlight: spans of any line are in order, apart and cover all but blanks', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '"',
    "'",
    '$',
    '{',
    '}',
    '(',
    ')',
    '`',
    '\\',
    '#',
    ';',
    '|',
    '&',
    '>',
    '<',
    '2',
    '=',
    '*',
    'ü',
    '\n',
    '-',
    '~',
    '/',
    '$x',
    "$'",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
      (line) => {
        const whole = Buffer.from(line);
        let at = 0;
        for (const { start, end } of highlightSpans(line, known)) {
          expect(whole.subarray(at, start).toString().trim()).toBe('');
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(whole.subarray(at).toString().trim()).toBe('');
      },
    ),
    { numRuns: 2000 },
  );
});
