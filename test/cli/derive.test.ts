import { expect, test } from 'bun:test';
import type { Entry, Schema } from '../../src/cli/catalogue';
import { entries, entryOf } from '../../src/cli/catalogue';
import { argsOf, inputOf } from '../../src/cli/derive';
import { GLOBAL_ARGS } from '../../src/cli/globals';
import { parse } from '../../src/cli/parse';
import { areas } from '../../src/areas/index';
import { checker } from '../../src/kernel/validate';

const entry = (properties: Record<string, Schema>, cli: Partial<NonNullable<Entry['cli']>> = {}, required: string[] = []): Entry => ({
  kind: 'op',
  area: 'x',
  name: 'x_y',
  summary: 'X.',
  scope: 'x.read',
  errors: [],
  example: {},
  input: { type: 'object', properties, required },
  cli: { path: ['x', 'y'], ...cli },
});

function input(of: Entry, ...argv: string[]): Record<string, unknown> {
  const { args, fields } = argsOf(of);
  return inputOf(fields, parse(argv, args, GLOBAL_ARGS, 'zd x y').own);
}

test('each kind of schema takes its kind of text', () => {
  const of = entry(
    {
      text: { type: 'string' },
      count: { type: 'integer', minimum: 0 },
      share: { type: 'number' },
      on: { type: 'boolean' },
      any: {},
      list: { type: 'array', items: { type: 'string' } },
      numbers: { type: 'array', items: { type: 'integer' } },
      object: { type: 'object' },
      objects: { type: 'array', items: { type: 'object' } },
      choice: {
        anyOf: [
          { const: 'a', type: 'string' },
          { const: 'b', type: 'string' },
        ],
      },
      maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      some: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      loose: {},
    },
    { json: ['loose'] },
  );
  expect(input(of)).toEqual({});
  expect(input(of, '--text', '5', '--count', '5', '--share', '.5', '--on', '--any', '5', '--loose', '5')).toEqual({
    text: '5',
    count: 5,
    share: 0.5,
    on: true,
    any: '5',
    loose: 5,
  });
  expect(input(of, '--no-on', '--list', 'a', '--list', 'b', '--numbers', '1', '--numbers=2')).toEqual({
    on: false,
    list: ['a', 'b'],
    numbers: [1, 2],
  });
  expect(input(of, '--object', '{"a":1}', '--objects', '[{"a":1}]', '--choice', 'b', '--maybe', '3', '--some', 'x')).toEqual({
    object: { a: 1 },
    objects: [{ a: 1 }],
    choice: 'b',
    maybe: 3,
    some: ['x'],
  });
  expect(() => input(of, '--count', '-1')).toThrow('--count must be at least 0');
  expect(() => input(of, '--numbers', 'x')).toThrow('--numbers must be a whole number');
  expect(() => input(of, '--choice', 'c')).toThrow('must be one of a, b');
  expect(() => input(of, '--object', 'x')).toThrow('--object must be JSON');
});

test('positionals come in the order of the hints, the rest as an array, flags under their given names', () => {
  const of = entry(
    {
      id: { type: 'integer' },
      name: { type: 'string' },
      command: { type: 'array', items: { type: 'string' } },
      ttl_secs: { type: 'integer' },
      run_as: { type: 'string' },
    },
    { positional: ['name', 'id'], rest: 'command', rename: { ttl_secs: 'ttl' } },
    ['name', 'id', 'command'],
  );
  expect(input(of, 'n', '7', '--ttl', '5', '--run-as', 'me', '--', 'git', '--help')).toEqual({
    name: 'n',
    id: 7,
    command: ['git', '--help'],
    ttl_secs: 5,
    run_as: 'me',
  });
  expect(() => input(of, 'n', 'x', 'c')).toThrow('ID must be a whole number');
  expect(() => input(of, 'n', '7')).toThrow('missing COMMAND');
});

test('a required field without a place is a required flag', () => {
  const of = entry({ who: { type: 'string' } }, {}, ['who']);
  expect(() => input(of)).toThrow('missing --who');
});

test('the catalogue holds every operation and stream as it is declared', () => {
  const known = new Map(entries().map((each) => [each.name, each]));
  const declared = areas.flatMap((area) => [...area.ops, ...(area.streams ?? [])]);
  expect([...known.keys()].toSorted()).toEqual(declared.map(({ name }) => name).toSorted());
  for (const each of declared) {
    expect(known.get(each.name)!.input as unknown).toEqual(JSON.parse(JSON.stringify(each.input)));
    if (each.cli) expect(entryOf(each.cli.path.join(' '))?.name).toBe(each.name);
  }
  expect(entryOf('')).toBeNull();
  expect(entryOf('cache')).toBeNull();
});

test('the example of every operation can be given on the command line', () => {
  for (const op of areas.flatMap((area) => area.ops).filter(({ cli }) => cli)) {
    const of = entryOf(op.cli!.path.join(' '))!;
    const { args, fields } = argsOf(of);
    const words: string[] = [];
    const flags: string[] = [];
    for (const [name, field] of fields) {
      if (!(field in op.example)) continue;
      const given = op.example[field];
      for (const value of args[name]!.many ? (Array.isArray(given) ? given : [given]) : [given]) {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        if (args[name]!.type === 'positional') words.push(text);
        else flags.push(args[name]!.type === 'boolean' ? (value ? `--${name}` : `--no-${name}`) : `--${name}=${text}`);
      }
    }
    const built = inputOf(fields, parse([...flags, '--', ...words], args, GLOBAL_ARGS, 'zd').own);
    expect({ op: op.name, ok: checker(op.input).Check(built), built }).toEqual({ op: op.name, ok: true, built });
  }
});
