import { beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { record as runRecord, userHome } from '../helper/record';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const record = (user: string, ...args: string[]) => runRecord(daemon, user, ...args);
const query = async (filter: object): Promise<any[]> => (await daemon.call('definitions_query', filter)).body.records;
/** The one record of a kind and name in a shell. */
const one = async (shell_id: string, kind: string, name: string): Promise<any> => {
  const records = await query({ shell_id, kind, name });
  expect([kind, name, records.length]).toEqual([kind, name, 1]);
  return records[0];
};

const BASH = {
  '.bash_profile': '. ~/.bashrc\nexport EDITOR=vi\n',
  '.bashrc': `echo garbage; printf 'zd-record-1\\0' ; echo noise >&2
set -u -o pipefail
shopt -s globstar
alias ll='ls -l' printf='echo HA' builtin=false local=nope
greet() {
  echo "hello $1"
}
declare -A map=([k]="v 1" ["a b"]=$'x\\ny')
arr=(one "two 2" '')
declare -i num=5
export GITHUB_TOKEN=abc
deploy() { PASSWORD=hunter2 ./deploy; }
PATH=$PATH:/opt/x
complete -W 'a b' -- foo
bind '"\\C-x\\C-t": "hello\\n"'
trap 'echo "it'"'"'s over"' EXIT
trap 'true' DEBUG
set -f -o posix
IFS=x
readonly IFS
`,
};
const ZSH = {
  '.zshenv': 'export EDITOR=vi\n',
  '.zshrc': `echo garbage
alias ll='ls -l'
alias -g G='| grep'
alias -s pdf=zathura
alias printf='echo HA' builtin=false local=nope emulate=false
greet() {
  echo "hello $1"
}
typeset -A map=(k 'v 1' 'a b' $'x\\ny')
arr=(one 'two 2' '')
nul=$'a\\0b\\\\c'
export GITHUB_TOKEN=abc
integer -r num=5
path+=(/opt/x)
setopt extendedglob ksharrays nounset shwordsplit
unsetopt beep
zstyle ':completion:*' menu select
bindkey '^X^T' kill-line
hash -d proj=/srv/proj
zle -N greet-widget greet
autoload -Uz add-zsh-hook compinit; compinit -u -D
zmodload zsh/sched; sched +100:00 echo later
trap 'echo bye' EXIT
`,
};
const FISH = {
  '.config/fish/config.fish': `echo garbage
alias ll 'ls -l'
abbr -a gco 'git checkout'
function greet --description 'says hello'
    echo "hello $argv"
end
set -gx EDITOR vi
set -gx GITHUB_TOKEN abc
set -g arr one 'two 2' ''
set -gx PATH $PATH /opt
bind \\cx\\ct 'echo hi'
complete -c mytool -l verbose -d 'Says more'
`,
  '.config/fish/functions/auto.fish': 'function auto\n    echo auto\nend\n',
};

describe('a login shell is recorded as its configuration leaves it', () => {
  test('bash', async () => {
    const user = userHome(BASH);
    const { code, stdout, stderr } = await record(user, 'bash');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/recorded \d+ definitions of bash: .*; 2 values that look like a secret withheld/)]);
    expect(Number(stdout)).toBeGreaterThan(100);
    const rc = join(user, '.bashrc');
    expect(await one('bash', 'alias', 'll')).toMatchObject({ value: 'ls -l', file: rc, line: 4 });
    expect(await one('bash', 'alias', 'printf')).toMatchObject({ value: 'echo HA' });
    expect(await one('bash', 'function', 'greet')).toMatchObject({ file: rc, line: 5, value: expect.stringContaining('echo "hello $1"') });
    expect(await one('bash', 'function', 'deploy')).toMatchObject({ file: rc, line: 12, value: null });
    expect(await one('bash', 'env', 'GITHUB_TOKEN')).toMatchObject({ file: rc, line: 11, value: null });
    expect(await one('bash', 'env', 'EDITOR')).toMatchObject({ file: join(user, '.bash_profile'), line: 2, value: 'vi' });
    expect(await one('bash', 'params', 'arr')).toMatchObject({ value_array: ['one', 'two 2', ''], line: 9 });
    expect((await one('bash', 'params', 'map')).value_assoc.toSorted()).toEqual([
      ['a b', 'x\ny'],
      ['k', 'v 1'],
    ]);
    expect(await one('bash', 'params', 'num')).toMatchObject({ value: '5', attrs: 2 });
    for (const [name, value] of Object.entries({
      globstar: 'on',
      pipefail: 'on',
      nounset: 'on',
      noglob: 'on',
      autocd: 'off',
      expand_aliases: 'on',
      extdebug: 'off',
    }))
      expect(await one('bash', 'setopt', name)).toMatchObject({ value });
    expect(await one('bash', 'trap', 'EXIT')).toMatchObject({ value: `echo "it's over"` });
    expect(await one('bash', 'completion', 'foo')).toMatchObject({ value: "complete -W 'a b' foo" });
    expect(await one('bash', 'bindkey', '\\C-x\\C-t')).toMatchObject({ value: '"hello\\C-j"' });
    const path = await query({ shell_id: 'bash', kind: 'path' });
    expect(path.at(-1).value).toBe('/opt/x');
    expect((await query({ shell_id: 'bash' })).filter(({ name }) => /__zd|ZD_/.test(name))).toEqual([]);
    const again = await record(user, 'bash');
    expect(again.stderr).toContain(': 0 new, 0 changed, 0 gone;');
  });

  test('zsh', async () => {
    const user = userHome(ZSH);
    const { code, stderr } = await record(user, 'zsh');
    expect([code, stderr]).toEqual([0, expect.stringContaining('; 1 value that looks like a secret withheld')]);
    const rc = join(user, '.zshrc');
    expect(await one('zsh', 'alias', 'll')).toMatchObject({ value: 'ls -l', file: rc, line: 2 });
    expect(await one('zsh', 'galias', 'G')).toMatchObject({ value: '| grep', file: rc, line: 3 });
    expect(await one('zsh', 'salias', 'pdf')).toMatchObject({ value: 'zathura' });
    expect(await one('zsh', 'function', 'greet')).toMatchObject({ file: rc, line: 6, value: '\techo "hello $1"' });
    expect(await one('zsh', 'function_autoload', 'add-zsh-hook')).toMatchObject({ kind: 'function_autoload' });
    expect(await one('zsh', 'compdef', 'git')).toMatchObject({ value: '_git' });
    expect(await one('zsh', 'sched', 'echo later')).toMatchObject({ value: expect.stringMatching(/\d\d:\d\d/) });
    expect(await one('zsh', 'zmodload', 'zsh/sched')).toMatchObject({ value: '' });
    expect(await one('zsh', 'env', 'EDITOR')).toMatchObject({ value: 'vi', file: join(user, '.zshenv'), line: 1 });
    expect(await one('zsh', 'env', 'GITHUB_TOKEN')).toMatchObject({ value: null, line: 12 });
    expect(await one('zsh', 'params', 'arr')).toMatchObject({ value_array: ['one', 'two 2', ''] });
    expect((await one('zsh', 'params', 'map')).value_assoc.toSorted()).toEqual([
      ['a b', 'x\ny'],
      ['k', 'v 1'],
    ]);
    expect(await one('zsh', 'params', 'nul')).toMatchObject({ value: 'a\0b\\c' });
    expect(await one('zsh', 'params', 'num')).toMatchObject({ value: '5', attrs: 0x22 });
    for (const [name, value] of Object.entries({
      extendedglob: 'on',
      ksharrays: 'on',
      beep: 'off',
      aliases: 'on',
      shwordsplit: 'on',
      multibyte: 'on',
    }))
      expect(await one('zsh', 'setopt', name)).toMatchObject({ value });
    expect(await query({ shell_id: 'zsh', kind: 'zstyle', contains: 'menu select' })).toHaveLength(1);
    expect(await one('zsh', 'bindkey', '^X^T')).toMatchObject({ value: 'kill-line' });
    expect(await one('zsh', 'named_dir', 'proj')).toMatchObject({ value: '/srv/proj' });
    expect(await one('zsh', 'zle', 'greet-widget')).toMatchObject({ value: 'greet' });
    expect(await one('zsh', 'trap', 'EXIT')).toMatchObject({ value: 'echo bye' });
    expect((await query({ shell_id: 'zsh', kind: 'path' })).at(-1).value).toBe('/opt/x');
    expect((await query({ shell_id: 'zsh', kind: 'fpath' })).length).toBeGreaterThan(1);
    expect((await query({ shell_id: 'zsh' })).filter(({ name }) => /__zd|ZD_/.test(name))).toEqual([]);
  });

  test('fish', async () => {
    const user = userHome(FISH);
    const { code, stderr } = await record(user, 'fish');
    expect([code, stderr]).toEqual([0, expect.stringContaining('; 1 value that looks like a secret withheld')]);
    const rc = join(user, '.config/fish/config.fish');
    expect(await one('fish', 'alias', 'll')).toMatchObject({ value: 'ls -l', file: rc, line: 2 });
    expect(await one('fish', 'alias', 'gco')).toMatchObject({ value: 'git checkout', file: rc, line: 3 });
    expect(await one('fish', 'function', 'greet')).toMatchObject({ file: rc, line: 4, value: expect.stringContaining('echo "hello $argv"') });
    expect(await one('fish', 'function', 'auto')).toMatchObject({ file: join(user, '.config/fish/functions/auto.fish'), line: 1 });
    expect((await query({ shell_id: 'fish', kind: 'function_autoload' })).length).toBeGreaterThan(50);
    expect(await one('fish', 'env', 'EDITOR')).toMatchObject({ value: 'vi', line: 7 });
    expect(await one('fish', 'env', 'GITHUB_TOKEN')).toMatchObject({ value: null, line: 8 });
    expect(await one('fish', 'params', 'arr')).toMatchObject({ value_array: ['one', 'two 2', ''] });
    expect(await one('fish', 'bindkey', '\\cx\\ct')).toMatchObject({ value: "'echo hi'" });
    expect(await one('fish', 'completion', 'mytool')).toMatchObject({ value: expect.stringContaining('-l verbose') });
    expect((await query({ shell_id: 'fish', kind: 'path' })).at(-1).value).toBe('/opt');
    expect((await query({ shell_id: 'fish' })).filter(({ name }) => /__zd|ZD_/.test(name))).toEqual([]);
  });
});

describe('where', () => {
  test('tells the place in every shell that has the name, and 4 when none has', async () => {
    const both = (await daemon.zd('where', 'greet', '--kind', 'function')).stdout;
    expect(
      both
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(1)),
    ).toEqual(['bash', 'fish', 'zsh'].map((shell) => [shell, 'function']));
    expect(both).toMatch(/\/\.bashrc:5\tbash/);
    expect((await daemon.zd('where', 'greet', '--shell-id', 'zsh')).stdout).toMatch(/^\S+\/\.zshrc:6\tzsh\tfunction\n$/);
    const none = await daemon.zd('where', 'no_such_name');
    expect([none.code, none.stdout]).toEqual([4, '']);
    expect((await daemon.zd('where', 'greet', '--kind', 'nope')).code).toBe(4);
    expect(JSON.parse((await daemon.zd('where', 'greet', '--json')).stdout)).toMatchObject({ ok: true, count: 3 });
  });
});

test('a dry run prints the bundle without secrets and stores nothing', async () => {
  const ran = await record(userHome(BASH), 'bash', '--dry-run', '--shell-id', 'tool:dry');
  const bundle = JSON.parse(ran.stdout);
  expect([ran.code, bundle.shell_id, bundle.events.length > 100]).toEqual([0, 'tool:dry', true]);
  expect(ran.stdout).not.toMatch(/hunter2|"abc"/);
  expect(await query({ shell_id: 'tool:dry' })).toEqual([]);
});
