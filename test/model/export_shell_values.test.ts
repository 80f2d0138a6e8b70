import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Item } from '../../src/areas/export/item';
import { bash } from '../../src/areas/export/shell/bash';
import { quoted } from '../../src/areas/export/shell/quote';
import { zsh } from '../../src/areas/export/shell/zsh';
import { before, plain, ran, RUNS, SECONDS, text, value, way } from '../helper/hostile';
import { evaluate } from '../helper/shell';

describe.each([
  ['zsh', zsh],
  ['bash', bash],
] as const)('%s', (name, dialect) => {
  test(
    'what can be said arrives as it was',
    async () => {
      const named = fc.uniqueArray(fc.tuple(fc.constantFrom('a1', 'b_2', '_c', 'D', 'e5'), value), { maxLength: 5, selector: ([key]) => key });
      const aliasName = fc.constantFrom('gs', 'l.l', 'g-s', 'G_S', 'ä', '..', '_x', 'x,y');
      await fc.assert(
        fc.asyncProperty(
          named,
          fc.uniqueArray(fc.tuple(aliasName, value), { maxLength: 4, selector: ([key]) => key }),
          fc.array(value, { maxLength: 4 }),
          way,
          async (vars, pairs, list, how) => {
            const kept = <T extends readonly [string, string]>(all: readonly T[]) => all.filter(([, each]) => quoted(each) !== null);
            const array: Item = { key: 'arr', value: '', list, pairs: null };
            const all = [
              text(
                'env',
                vars.map(([key, each]) => plain(key, each)),
                dialect,
              ),
              text(
                'params',
                [
                  array,
                  {
                    key: 'assoc',
                    value: '',
                    list: null,
                    pairs: [
                      ['k $(>PWNED)', 'v'],
                      ["a'b]", list[0] ?? ''],
                    ],
                  },
                ],
                dialect,
              ),
              text(
                'aliases',
                pairs.map(([key, each]) => plain(key, each)),
                dialect,
              ),
            ].join('');
            const aliases = name === 'zsh' ? 'aliases' : 'BASH_ALIASES';
            const ask = [
              ...kept(vars).map(([key]) => `\\builtin printf '%s\\0' "$${key}"`),
              ...kept(pairs).map(([key]) => `k=${quoted(key)}; \\builtin printf '%s\\0' "\${${aliases}[$k]}"`),
              `\\builtin printf '%s\\0' "\${#arr[@]}" "\${arr[@]}"`,
              `k=${quoted("a'b]")}; \\builtin printf '%s\\0' "\${assoc[$k]}"`,
            ].join('\n');
            const { told, made } = await evaluate(name, all, ask, { way: how, before: before[name] });
            const whole = list.every((each) => quoted(each) !== null);
            const wanted = [...kept(vars).map(([, each]) => each), ...kept(pairs).map(([, each]) => each)];
            expect([told.slice(0, wanted.length), ran(made)]).toEqual([wanted, []]);
            if (whole) expect(told.slice(wanted.length)).toEqual([String(list.length), ...list, list[0] ?? '']);
          },
        ),
        { numRuns: RUNS },
      );
    },
    SECONDS,
  );

  test('functions come whole or not at all', async () => {
    const bodies = [
      'echo one; echo two',
      'case $1 in (a) echo A;; esac',
      'cat <<E\nhere\nE',
      'echo "}" \'{\' # }',
      'x() { echo inner; }; x',
      '  # only words',
    ];
    const broken = ['}; >PWNED; {', 'echo a\n}\n>PWNED\ny() {', 'if true; then', 'echo \\', 'cat <<E\n', '( }', '}\n>PWNED'];
    const rows = [...bodies.map((body, at) => plain(`good${at}`, body)), ...broken.map((body, at) => plain(`bad${at}`, body))];
    const asked = [0, 1, 2, 4].map((at) => `good${at} a; \\builtin printf '\\0'`).join('\n');
    const { told, made } = await evaluate(name, text('functions', rows, dialect), asked, { before: before[name] });
    expect([told, made]).toEqual([['one\ntwo\n', 'A\n', 'here\n', 'inner\n'], []]);
  });
});

test('a function of bash is taken with the head that bash tells it with', async () => {
  const rows = [
    plain('one', 'one () \n{ \n    echo "one $1"\n}'),
    plain('two', 'two () ( cd /; pwd )'),
    plain('three', 'three () \n{ \n    echo x\n} 2>&1'),
  ];
  const { told, made } = await evaluate('bash', text('functions', rows, bash), "one a; two; three; declare -F one; \\builtin printf '\\0'");
  expect([told, made]).toEqual([['one a\n/\nx\none\n'], []]);
});

test('zsh takes styles, keys, options, folders and modules as they were', async () => {
  const rows: readonly (readonly [string, readonly Item[]])[] = [
    ['zstyle', [plain(':completion:*', 'menu select=2'), plain(':x:*', `list-colors 'a b' "c\\"d" e\\ f`)]],
    ['bindkey', [plain('^X^E', 'edit-command-line')]],
    ['setopt', [plain('autocd', 'on'), plain('beep', 'off'), plain('interactive', 'on'), plain('no_exec', 'on')]],
    ['named_dir', [plain('proj', '/tmp/a b')]],
    ['path', [plain('0', '/usr/bin'), plain('1', '/bin'), plain('2', '/a b')]],
    ['galiases', [plain('G', '| grep'), plain('--', '; >PWNED; '), plain('alias', '; >PWNED; '), plain('H', '| head')]],
    ['functions', [plain('we ird', 'print w')]],
  ];
  const ask = [
    "zstyle -g a ':x:*' list-colors; printf '%s\\0' $a",
    "zstyle -s ':completion:foo' menu b; printf '%s\\0' $b",
    "bindkey '^X^E'; printf '\\0'",
    `printf '%s\\0' $options[autocd] $options[beep] \${nameddirs[proj]} $PATH "\${galiases[G]}" "\${galiases[H]}"; 'we ird'; printf '\\0'`,
  ].join('\n');
  const { told, made } = await evaluate('zsh', rows.map(([target, each]) => text(target, each, zsh)).join(''), ask);
  expect([told, made]).toEqual([
    ['a b', 'c"d', 'e f', 'select=2', '"^X^E" edit-command-line\n', 'on', 'off', '/tmp/a b', '/usr/bin:/bin:/a b', '| grep', '| head', 'w\n'],
    [],
  ]);
});
