import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { hasExactTimes } from '../../src/areas/watch/entry';
import { parseGlobs } from '../../src/areas/watch/glob';
import { parseIgnoreFile, verdict } from '../../src/areas/watch/ignore';
import { isRemote, isRemoteType } from '../../src/areas/watch/remote';

const matches = (glob: string, path: string): boolean => {
  const matcher = parseGlobs([glob]);
  if (typeof matcher === 'string') throw new Error(matcher);
  return matcher(path);
};

test.each([
  ['*.ts', 'a.ts', true],
  ['*.ts', 'src/deep/a.ts', true],
  ['*.ts', 'a.tsx', false],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/deep/a.ts', false],
  ['src/**', 'src/deep/a.ts', true],
  ['**/deep/*', 'src/deep/a.ts', true],
  ['/a', 'a', true],
  ['/a', 'b/a', false],
  ['./a', 'b/a', false],
  ['node_modules', 'x/node_modules/y/z.js', true],
  ['build/', 'build/out', true],
  ['{a,b}.ts', 'b.ts', true],
  ['[ab].ts', 'c.ts', false],
  ['[]]', ']', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['!a', '!a', true],
  ['!a', 'b', false],
  ['*', '.hidden', true],
] as const)('%s on %s: %p', (glob, path, expected) => {
  expect(matches(glob, path)).toBe(expected);
});

test('every text is a matcher or a fault, in no time, and never a crash', () => {
  const nasty = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('*', '?', '[', ']', '{', '}', ',', '/', '\\', '!', 'a'), maxLength: 60 }),
  );
  fc.assert(
    fc.property(nasty, nasty, (glob, path) => {
      const matcher = parseGlobs([glob]);
      if (typeof matcher === 'string') expect(matcher).not.toBe('');
      else expect(typeof matcher(path)).toBe('boolean');
      expect(['ignored', 'kept', null]).toContain(verdict([parseIgnoreFile('', glob)], path, true));
    }),
    { numRuns: 3000 },
  );
});

// As `git check-ignore` answers.
const IGNORE = [
  '# comment',
  '',
  '*.log',
  '!keep.log',
  'dist/',
  '/only-top',
  'doc/*.txt',
  '**/cache',
  'a/**/z',
  '\\#name',
  'trail\\ ',
  'blank  ',
  '{x}',
  'foo[0-9]',
];

test.each([
  ['a.log', false, 'ignored'],
  ['sub/a.log', false, 'ignored'],
  ['sub/keep.log', false, 'kept'],
  ['dist', true, 'ignored'],
  ['dist', false, null],
  ['sub/dist', true, 'ignored'],
  ['only-top', false, 'ignored'],
  ['sub/only-top', false, null],
  ['doc/a.txt', false, 'ignored'],
  ['doc/sub/a.txt', false, null],
  ['x/y/cache', true, 'ignored'],
  ['a/z', false, 'ignored'],
  ['a/b/c/z', false, 'ignored'],
  ['#name', false, 'ignored'],
  ['trail ', false, 'ignored'],
  ['blank', false, 'ignored'],
  ['{x}', false, 'ignored'],
  ['x', false, null],
  ['foo7', false, 'ignored'],
  ['foox', false, null],
] as const)('gitignore: %s (folder: %p) is %p', (path, dir, expected) => {
  expect(verdict([parseIgnoreFile('', IGNORE.join('\n'))], path, dir)).toBe(expected);
});

test('an ignore file further down wins over those above it, and only below its folder', () => {
  const files = [parseIgnoreFile('', '*.log'), parseIgnoreFile('sub', '!*.log\n/here')];
  expect(verdict(files, 'a.log', false)).toBe('ignored');
  expect(verdict(files, 'sub/a.log', false)).toBe('kept');
  expect(verdict(files, 'sub/here', false)).toBe('ignored');
  expect(verdict(files, 'sub/x/here', false)).toBe(null);
  expect(verdict(files, 'subway/a.log', false)).toBe('ignored');
});

test('which file systems other machines may change', () => {
  expect([0x6969, 0xff534d42, -11317950, 0xef53, 0x01021994].map(isRemoteType)).toEqual([true, true, true, false, false]);
  expect(isRemote('/tmp/not/there')).toBe(false);
});

test('which kernels count file times exactly', () => {
  expect(['6.12.9', '6.13.0-rc1', '6.18.44-x', '5.15.0', '7.0'].map((each) => hasExactTimes('linux', each))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  expect([hasExactTimes('darwin', '20.1'), hasExactTimes('freebsd', '15.0')]).toEqual([true, false]);
});
