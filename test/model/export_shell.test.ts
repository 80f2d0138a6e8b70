import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Item } from '../../src/areas/export/item';
import { bash } from '../../src/areas/export/shell/bash';
import { zsh } from '../../src/areas/export/shell/zsh';
import { before, items, plain, ran, RUNS, SECONDS, text, way } from '../helper/hostile';
import { evaluate } from '../helper/shell';

describe.each([
  [
    'zsh',
    zsh,
    [
      'zmodload',
      'path',
      'fpath',
      'cdpath',
      'named_dir',
      'env',
      'params',
      'zstyle',
      'bindkey',
      'compdef',
      'command_hash',
      'autoload_table',
      'functions',
      '_comps',
      'aliases',
      'saliases',
      'setopt',
      'galiases',
    ],
  ],
  ['bash', bash, ['path', 'manpath', 'cdpath', 'env', 'params', 'command_hash', 'functions', 'aliases']],
] as const)('%s', (name, dialect, targets) => {
  test(
    'whatever the names and values are, nothing of them runs',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.tuple(...targets.map(() => items)), fc.boolean(), way, async (rows, additive, how) => {
          const all = targets.map((target, at) => text(target, rows[at]!, dialect, additive)).join('');
          const { made, told, stderr } = await evaluate(name, all, 'printf "over\\0"', { way: how, before: before[name] });
          expect([ran(made), rows.length > 0 && /PWNED: command|no such file or directory: PWNED/.test(stderr) ? stderr : '']).toEqual([[], '']);
          // A script that gave up in the middle would prove nothing; only an option may make the shell silent.
          if (rows.at(-2)?.length === 0) expect(told.at(-1)).toBe('over');
        }),
        { numRuns: RUNS },
      );
    },
    SECONDS,
  );

  test('a variable that holds a number is never given arithmetic to work out', async () => {
    const names = ['n1', 'f1', 'HISTSIZE', 'RANDOM', 'SECONDS', 'COLUMNS', 'OPTIND', 'KEYTIMEOUT', 'new'];
    for (const each of ['path[$(>PWNED)]', '1+path[`>PWNED`]', 'new']) {
      const rows = names.map((key) => plain(key, each));
      const lists = names.map((key): Item => ({ key, value: '', list: ['1', each], pairs: null }));
      const all = text('env', rows, dialect) + text('params', rows, dialect) + text('params', lists, dialect);
      const { told, made } = await evaluate(name, all, `\\builtin printf '%s\\0' "$HISTSIZE"`, { before: `${before[name]}\nHISTSIZE=10\nn1=1` });
      expect([told.length, made]).toEqual([1, []]);
    }
  });
});
