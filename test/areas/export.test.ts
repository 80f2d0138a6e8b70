import { beforeAll, describe, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { evaluate } from '../helper/shell';

let daemon: TestDaemon;
const NASTY = `x'; touch "PWNED"\n\u0001\u001b[31m, ☃ \\ $(id)`;
const dirs = Array.from({ length: 12 }, (_, at) => `/opt/dir ${at}/bin`);
let order = 0;
const event = (kind: string, name: string, value: string | null, more: object = {}) => ({ order_idx: ++order, ts_ns: 1, kind, name, value, ...more });

beforeAll(async () => {
  daemon = await startDaemon();
  const events = [
    event('alias', 'gs', 'git status'),
    event('alias', 'nasty', NASTY),
    event('galias', 'G', '| grep'),
    event('export', 'EDITOR', 'vim'),
    event('export', 'GITHUB_TOKEN', 'ghp_abcdefghijklmnop'),
    event('typeset', 'arr', null, { value_array: ['a b', '', 'c'], attrs: 0x10 }),
    event('function', 'hello', 'echo "hello $1"'),
    event('function', 'broken', '}; >PWNED; {'),
    event('setopt', 'autocd', null),
    event('zstyle', ':completion:*', 'menu select'),
    event('bindkey', '^R', 'history-search'),
    event('compdef', 'git', '_git'),
    event('source', '/home/me/.oh-my-zsh/plugins/git/git.plugin.zsh', null),
    event('alias', 'ga', 'git add', { file: '/home/me/.oh-my-zsh/plugins/git/git.plugin.zsh', line: 3 }),
    ...dirs.map((dir) => event('path_mod', dir, 'path')),
  ];
  const bundle = { started_at_ns: 1, finished_at_ns: 2, shell_id: 'zsh', events };
  const { status, body } = await daemon.call('recorder_ingest', bundle);
  expect([status, body.msg]).toEqual([200, undefined]);
});

const ok = async (input: object, op = 'export') => {
  const { status, body } = await daemon.call(op, input);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
};
const code = async (input: object) => (await daemon.call('export', input)).body.code;

describe('formats', () => {
  test('json holds every value, lists in their order', async () => {
    const { body, rows } = await ok({ target: 'path', format: 'json' });
    expect([rows, JSON.parse(body).map(({ value }: { value: string }) => value)]).toEqual([12, dirs]);
    const aliases = JSON.parse((await ok({ target: 'alias', format: 'json' })).body);
    expect(aliases).toContainEqual({ key: 'nasty', value: NASTY });
  });

  test('yaml, csv and sql are read again as what they were', async () => {
    const yaml = Bun.YAML.parse((await ok({ target: 'aliases', format: 'yaml' })).body) as {
      subsystem: string;
      rows: { key: string; value: string }[];
    };
    expect([yaml.subsystem, yaml.rows.find(({ key }) => key === 'nasty')?.value]).toEqual(['aliases', NASTY]);
    const csv = (await ok({ target: 'aliases', format: 'csv' })).body;
    expect(csv).toStartWith('key,value\r\n');
    expect(csv).toContain(`nasty,"${NASTY.replaceAll('"', '""')}"\r\n`);
    const db = new Database(':memory:');
    db.run((await ok({ target: 'aliases', format: 'sql' })).body);
    expect(db.query('SELECT value FROM aliases WHERE key = ?').get('nasty')).toEqual({ value: NASTY });
    expect((await ok({ target: 'aliases' }, 'view')).body).toContain('gs = git status\n');
    expect((await ok({ target: 'aliases', format: 'text' })).body).not.toContain('\u001b');
  });

  test('a PDF has its objects where it says they are', async () => {
    const { body_base64, byte_count } = await ok({ target: 'aliases', format: 'pdf' });
    const file = Buffer.from(body_base64, 'base64');
    const text = file.toString('latin1');
    expect([file.length, text.slice(0, 8), text.trimEnd().endsWith('%%EOF')]).toEqual([byte_count, '%PDF-1.4', true]);
    const start = Number(/startxref\n(\d+)/.exec(text)![1]);
    const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map((match) => Number(match[1]));
    expect(offsets.length).toBeGreaterThan(5);
    for (const [at, offset] of offsets.entries()) expect(text.slice(offset, offset + 12)).toStartWith(`${at + 1} 0 obj\n`);
    for (const [, length, content] of text.matchAll(/\/Length (\d+) >>\nstream\n([^]*?)\nendstream/g)) expect(content!.length).toBe(Number(length));
    expect(text).toContain('(gs = git status) Tj');
    expect(text).toContain('U+2603');
  });

  test('every target in every format that takes any', async () => {
    const { hint } = (await daemon.call('export', { target: 'nothing' })).body;
    const targets = hint
      .replace(/^One of |\.$/g, '')
      .split(', ')
      .filter((name: string) => name !== 'all-state');
    expect(targets.length).toBeGreaterThan(25);
    for (const target of targets)
      for (const format of ['json', 'yaml', 'text', 'csv', 'sql', 'pdf'])
        expect([target, format, (await ok({ target, format })).byte_count > 0]).toEqual([target, format, true]);
  });
});

describe('shell text', () => {
  test('a whole shell, evaluated by zsh and bash', async () => {
    const { body, rows, withheld } = await ok({ target: 'all-state' });
    expect([rows > 20, withheld]).toEqual([true, 1]);
    const ask = `printf '%s\\0' "\${aliases[gs]}" "\${aliases[nasty]}" "$EDITOR" "\${#path}" "\${path[12]}" "\${#arr}" "$GITHUB_TOKEN"; hello you; printf '\\0'`;
    const asked = await evaluate('zsh', body, ask);
    expect([asked.told, asked.made]).toEqual([['git status', NASTY, 'vim', '12', dirs[11]!, '3', '', 'hello you\n'], []]);
    const inBash = (await ok({ target: 'all-state', dialect: 'bash' })).body;
    const bash = await evaluate(
      'bash',
      inBash,
      `\\builtin printf '%s\\0' "\${BASH_ALIASES[nasty]}" "$EDITOR" "\${#arr[@]}"; hello you; \\builtin printf '\\0'`,
    );
    expect([bash.told, bash.made]).toEqual([[NASTY, 'vim', '3', 'hello you\n'], []]);
  });

  test('what a shell cannot be told is left out with a remark', async () => {
    const { body } = await ok({ target: 'functions', dialect: 'bash' });
    expect(body).toContain("__zd_define 'hello'");
    expect((await ok({ target: 'env', dialect: 'fish' })).body).toContain("builtin set -gx EDITOR 'vim'");
  });
});

test('secrets are withheld unless they are asked for', async () => {
  const { body, withheld } = await ok({ target: 'env', format: 'json' });
  expect([withheld, JSON.parse(body).find(({ key }: { key: string }) => key === 'GITHUB_TOKEN')]).toEqual([1, { key: 'GITHUB_TOKEN', value: null }]);
  for (const format of ['sh', 'yaml', 'csv', 'sql', 'text']) expect((await ok({ target: 'env', format })).body).not.toContain('ghp_');
  expect((await ok({ target: 'catalog', format: 'json' })).body).not.toContain('ghp_');
  expect(await code({ target: 'env', name: 'GITHUB_TOKEN', format: 'json' })).toBe('sensitive');
  for (const flag of ['show_sensitive', 'include_sensitive'])
    expect((await ok({ target: 'env', name: 'GITHUB_TOKEN', [flag]: true })).body).toContain('ghp_abcdefghijklmnop');
});

test('one row, a pattern, and plugins', async () => {
  expect(JSON.parse((await ok({ target: 'functions', name: 'hello', format: 'json' })).body)).toEqual([{ key: 'hello', value: 'echo "hello $1"' }]);
  expect(JSON.parse((await ok({ target: 'aliases', filter: 'g?', format: 'json' })).body).map(({ key }: { key: string }) => key)).toEqual([
    'ga',
    'gs',
  ]);
  expect(JSON.parse((await ok({ target: 'plugins', format: 'json' })).body)).toMatchObject([{ name: 'git', manager: 'oh-my-zsh' }]);
  expect(JSON.parse((await ok({ target: '_comps', format: 'json' })).body)).toEqual([{ key: 'git', value: '_git' }]);
  expect(JSON.parse((await ok({ target: 'zstyle', format: 'json' })).body)).toEqual([{ key: ':completion:*', value: 'menu select' }]);
});

test('the history, as a file zsh reads, with words and a range', async () => {
  for (const line of ['git status', 'echo "a\nb" ü', 'ls -l']) expect((await daemon.call('history_append', { line, cwd: '/tmp' })).status).toBe(200);
  const { body } = await ok({ target: 'history', format: 'csv' });
  expect(body.split('\r\n')[0]).toBe('ts_ns,exit_code,duration_ns,cwd,line');
  expect(body).toContain('"echo ""a\nb"" ü"');
  expect(
    JSON.parse((await ok({ target: 'history', format: 'json', filter: 'git', range: '1h' })).body).map(({ line }: { line: string }) => line),
  ).toEqual(['git status']);
  expect(await code({ target: 'history', range: 'soon' })).toBe('bad_filter');
  expect(await code({ target: 'history', format: 'sh' })).toBe('format_unsupported_for_target');
  const file = await ok({ target: 'history', format: 'zsh-histfile' });
  const bytes = file.body === undefined ? Buffer.from(file.body_base64, 'base64') : Buffer.from(file.body);
  const folder = tempHome();
  await Bun.write(join(folder, 'hist'), bytes);
  const shell = Bun.spawnSync(['zsh', '-fc', `HISTSIZE=99; fc -R ${folder}/hist; fc -ln 1; print -rn -- "$history[2]" > ${folder}/second`]);
  expect(shell.exitCode).toBe(0);
  expect(readFileSync(join(folder, 'second'), 'utf8')).toBe('echo "a\nb" ü');
});

test('bad input', async () => {
  expect(await code({ target: 'nothing' })).toBe('unknown_target');
  for (const target of ['entry_stats', 'theme', 'compiled_files', 'script', 'index', 'subscriptions']) {
    const { body } = await daemon.call('export', { target, format: 'json', all: true });
    expect([body.code, body.msg]).toEqual(['unknown_target', expect.stringContaining(`zd has no ${target}: `)]);
  }
  expect(await code({ target: 'aliases', format: 'docx' })).toBe('bad_format');
  expect(await code({ target: 'plugins', format: 'sh' })).toBe('format_unsupported_for_target');
  expect(await code({ target: 'aliases', format: 'zsh-histfile' })).toBe('format_unsupported_for_target');
  expect(await code({ target: 'all-state', format: 'json' })).toBe('format_unsupported_for_all_state');
  expect(await code({ target: 'functions', name: 'none' })).toBe('no_function');
  expect(await code({ target: 'aliases', name: 'none' })).toBe('no_such_file');
  expect(await code({ target: 'aliases', range: '5m' })).toBe('bad_filter');
  expect(await code({ target: 'plugins', filter: '*' })).toBe('bad_filter');
  expect(await code({})).toBe('bad_args');
  for (const [input, wanted] of [
    [{ target: 'nothing' }, 'unknown_target'],
    [{ target: 'path', format: 'docx' }, 'bad_format'],
    [{ target: 'plugins', format: 'sh' }, 'format_unsupported_for_target'],
    [{ target: 'all-state' }, 'format_unsupported_for_all_state'],
    [{ target: 'functions', name: 'none' }, 'no_function'],
    [{ target: 'aliases', name: 'none' }, 'no_such_file'],
    [{ target: 'aliases', range: '5m' }, 'bad_filter'],
    [{ target: 'env', name: 'GITHUB_TOKEN' }, 'sensitive'],
  ] as const)
    expect([input, (await daemon.call('view', input)).body.code]).toEqual([input, wanted]);
});

test('with several shells one has to be named', async () => {
  const two = await startDaemon();
  for (const shell_id of ['zsh', 'bash']) await two.call('definitions_emit', { shell_id, kind: 'alias', name: 'a', value: shell_id });
  expect((await two.call('export', { target: 'aliases' })).body.code).toBe('bad_args');
  expect((await two.call('export', { target: 'aliases', shell_id: 'bash' })).body).toMatchObject({
    shell_id: 'bash',
    body: "\\builtin unalias -a\n\\builtin alias -- 'a'='bash'\n",
  });
});

test('the command line', async () => {
  const folder = tempHome();
  expect((await daemon.zd('view', 'aliases')).stdout).toContain('gs = git status\n');
  const shown = await daemon.zd('export', 'env', 'json');
  expect([shown.code, JSON.parse(shown.stdout).length, shown.stderr]).toEqual([0, 2, expect.stringContaining('1 values that look like secrets')]);
  const pdf = join(folder, 'x.pdf');
  expect((await daemon.zd('export', 'aliases', 'pdf', '-o', pdf)).code).toBe(0);
  expect([readFileSync(pdf, 'latin1').slice(0, 5), statSync(pdf).mode & 0o777]).toEqual(['%PDF-', 0o600]);
  expect((await daemon.zd('export', 'nothing')).code).toBe(4);
  expect((await daemon.zd('export', 'aliases', '--with-keys')).code).toBe(2);
}, 180_000);
