import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { UsageError, type Args } from '../../src/cli/command';
import { GLOBAL_ARGS, leadingWords } from '../../src/cli/globals';
import { nearest } from '../../src/cli/nearest';
import { parse } from '../../src/cli/parse';

const ARGS: Args = {
  name: { type: 'positional' },
  rest: { type: 'positional', required: false, many: true },
  tag: { type: 'string', many: true },
  ttl: { type: 'string', value: 'integer', minimum: 1, maximum: 100 },
  ratio: { type: 'string', value: 'number' },
  lines: { type: 'string', alias: 'n', value: 'integer' },
  data: { type: 'string', value: 'json' },
  free: { type: 'string', value: 'json-or-text' },
  level: { type: 'enum', options: ['info', 'warn'] },
  force: { type: 'boolean', alias: 'f' },
};

const line = (...argv: string[]) => parse(argv, ARGS, GLOBAL_ARGS, 'zd x');
const own = (...argv: string[]) => {
  const { _, ...values } = line(...argv).own;
  return values;
};
const fault = (...argv: string[]): UsageError => {
  try {
    line(...argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
};

describe('what is understood', () => {
  const cases: [string[], Record<string, unknown>][] = [
    [['a'], { name: 'a' }],
    [['a', 'b', 'c'], { name: 'a', rest: ['b', 'c'] }],
    [['a', '--ttl', '5'], { name: 'a', ttl: 5 }],
    [['--ttl=5', 'a'], { name: 'a', ttl: 5 }],
    [['a', '--ratio', '-1.5e2'], { name: 'a', ratio: -150 }],
    [['a', '--tag', 'x', '--tag=y'], { name: 'a', tag: ['x', 'y'] }],
    [['a', '--tag', '--force'], { name: 'a', tag: ['--force'] }],
    [['a', '--tag='], { name: 'a', tag: [''] }],
    [['a', '--tag=k=v'], { name: 'a', tag: ['k=v'] }],
    [['a', '--force'], { name: 'a', force: true }],
    [['a', '-f'], { name: 'a', force: true }],
    [['a', '--no-force'], { name: 'a', force: false }],
    [['a', '--force=false'], { name: 'a', force: false }],
    [['a', '-fn5'], { name: 'a', force: true, lines: 5 }],
    [['a', '-n', '5'], { name: 'a', lines: 5 }],
    [['a', '--data', '{"b":[1]}'], { name: 'a', data: { b: [1] } }],
    [['a', '--free', '{"b":1}'], { name: 'a', free: { b: 1 } }],
    [['a', '--free', 'plain'], { name: 'a', free: 'plain' }],
    [['a', '--level', 'warn'], { name: 'a', level: 'warn' }],
    [['--', '--ttl', '--help'], { name: '--ttl', rest: ['--help'] }],
    [['a', '--', '--', '-x'], { name: 'a', rest: ['--', '-x'] }],
    [['-'], { name: '-' }],
    [['-5'], { name: '-5' }],
  ];
  for (const [argv, expected] of cases) test(argv.join(' '), () => expect(own(...argv)).toEqual(expected));

  test('global flags stand apart and anywhere before --', () => {
    expect(line('--json', 'a', '-q', '--timeout=1.5').shared).toEqual({ json: true, quiet: true, timeout: 1.5 });
    expect(line('a', '--', '--json').shared).toEqual({});
  });

  test('any text survives --flag=TEXT, --flag TEXT and the place after --', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(own('a', `--tag=${text}`)).toEqual({ name: 'a', tag: [text] });
        if (text !== '--') expect(own('a', '--tag', text)).toEqual({ name: 'a', tag: [text] });
        expect(own('--', text)).toEqual({ name: text });
      }),
    );
  });
});

describe('what is refused', () => {
  const cases: [string[], string, string?][] = [
    [[], 'missing NAME'],
    [['a', '--tll', '5'], 'unknown flag --tll', 'Did you mean --ttl?'],
    [['a', '--tll=5'], 'unknown flag --tll', 'Did you mean --ttl?'],
    [['a', '--qiet'], 'unknown flag --qiet', 'Did you mean --quiet?'],
    [['a', '-x'], 'unknown flag -x', 'See: zd x --help'],
    [['a', '--no-ttl'], 'unknown flag --no-ttl'],
    [['a', '--name', 'x'], 'unknown flag --name'],
    [['a', '--ttl'], '--ttl needs a value'],
    [['a', '--ttl', '--', 'b'], '--ttl needs a value'],
    [['a', '--ttl', '1.5'], '--ttl must be a whole number, not "1.5"'],
    [['a', '--ttl', '0x10'], '--ttl must be a whole number, not "0x10"'],
    [['a', '--ttl='], '--ttl must be a whole number, not ""'],
    [['a', '--ttl', '0'], '--ttl must be at least 1, not 0'],
    [['a', '--ttl', '101'], '--ttl must be at most 100, not 101'],
    [['a', '--lines', '99999999999999999999'], '--lines is too large: 99999999999999999999'],
    [['a', '--ratio', 'Infinity'], '--ratio must be a number, not "Infinity"'],
    [['a', '--ttl=1', '--ttl=2'], '--ttl is given twice'],
    [['a', '--force=maybe'], '--force takes no value but true or false, not "maybe"'],
    [['a', '--data', '{'], '--data must be JSON, and "{" is not'],
    [['a', '--level', 'wran'], '--level must be one of info, warn, not "wran"', 'Did you mean "warn"?'],
  ];
  for (const [argv, message, hint] of cases) {
    test(argv.join(' ') || '(nothing)', () => {
      const error = fault(...argv);
      expect(error.message).toBe(message);
      if (hint !== undefined) expect(error.hint).toBe(hint);
    });
  }

  test('surplus words', () => {
    expect(() => parse(['a', 'b'], { name: { type: 'positional' } }, GLOBAL_ARGS, 'zd x')).toThrow('unexpected argument "b"');
  });
});

test('command words are found behind global flags and their values', () => {
  const words = (...argv: string[]) => leadingWords(argv).map(({ text }) => text);
  expect(words('--home', 'cache', 'cache', '--json', 'get', 'a')).toEqual(['cache', 'get', 'a']);
  expect(words('--url=http://x', 'ping')).toEqual(['ping']);
  expect(words('cache', 'put', '--ttl', '5', 'a')).toEqual(['cache', 'put']);
  expect(words('run', '--', 'cache')).toEqual(['run']);
});

test('the nearest word is the one with fewest slips, and nothing when none is close', () => {
  expect(nearest('cahce', ['call', 'cache', 'config'])).toBe('cache');
  expect(nearest('stat', ['status', 'stats'])).toBe('status');
  expect(nearest('zzzz', ['cache', 'config'])).toBeNull();
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (words, at) => {
      const word = words[at % words.length]!;
      expect(nearest(word, [...new Set(words)])).not.toBeNull();
    }),
  );
});
