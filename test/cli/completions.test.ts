import { beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { places, type Place } from '../../src/cli/completions/model';
import { entries } from '../../src/cli/catalogue';
import { runZd, tempHome } from '../helper/daemon';

const home = tempHome();
const file = (shell: string) => join(home, `zd.${shell}`);
let known: Place[];

beforeAll(async () => {
  known = await places();
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await runZd(home, ['completions', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(file(shell), stdout);
  }
});

function run(command: string[]): string {
  const ran = Bun.spawnSync(command, { env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TERM: 'dumb' }, stderr: 'pipe' });
  expect({ command: command[0], code: ran.exitCode, stderr: ran.stderr.toString() }).toEqual({ command: command[0], code: 0, stderr: '' });
  return ran.stdout.toString();
}

/** What bash offers behind these words, the last of which is being typed. */
function bash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return run(['bash', '-c', `source ${file('bash')}; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _zd; printf '%s\\n' "\${COMPREPLY[@]}"`])
    .split('\n')
    .filter(Boolean);
}

const fish = (line: string): string[] =>
  run(['fish', '--no-config', '-c', `source ${file('fish')}; complete -C ${JSON.stringify(line)}`])
    .split('\n')
    .filter(Boolean)
    .map((each) => each.split('\t')[0]!);

/** zsh's own completion with compadd and _describe replaced by what prints the candidates. */
function zsh(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const script = `compdef() { : }; _default() { : }; _message() { : }; _files() { print FILES }
    _describe() { local name=\${@[-1]}; print -l -- "\${(@)\${(@P)name}%%:*}" }; compadd() { shift; print -l -- "$@" }
    source ${file('zsh')}; words=(${quoted}); CURRENT=${words.length}; _zd`;
  return run(['zsh', '-f', '-c', script]).split('\n').filter(Boolean);
}

test('every derived verb and every flag of it is there', () => {
  for (const { cli, name } of entries()) {
    if (!cli) continue;
    const place = known.find(({ path }) => path === cli.path.join(' '));
    expect({ name, found: place !== undefined }).toEqual({ name, found: true });
    expect(place!.flags.flatMap(({ names }) => names)).toContain('--json');
  }
  expect(known.find(({ path }) => path === 'cache put')!.flags.flatMap(({ names }) => names)).toContain('--ttl');
  expect(known.find(({ path }) => path === 'service')!.choices.map(({ text }) => text)).toEqual(['install', 'uninstall', 'status']);
});

test('the scripts are valid in their shells', () => {
  run(['bash', '-n', file('bash')]);
  run(['zsh', '-n', file('zsh')]);
  run(['fish', '--no-execute', file('fish')]);
});

describe('completing', () => {
  const cases: [string[], string[], string[]][] = [
    // words, must be offered, must not be
    [
      ['zd', ''],
      ['up', 'cache', 'events', 'config', 'completions'],
      ['put', '--json'],
    ],
    [
      ['zd', 'cache', ''],
      ['put', 'get', 'list'],
      ['up', 'show'],
    ],
    [['zd', 'config', ''], ['get', 'set', 'list', 'show', 'check'], []],
    [['zd', '--json', 'cache', ''], ['put', 'get'], ['up']],
    [['zd', 'cache', 'put', 'a', 'b', '--'], ['--ttl', '--if-absent', '--json', '--timeout'], ['--lines']],
    [['zd', 'events', '-'], ['--count', '-n', '--no-reconnect', '--since'], ['--last-event-id']],
    [
      ['zd', 'logs', '--level', ''],
      ['debug', 'info', 'warn', 'error'],
      ['--follow', 'up'],
    ],
    [['zd', 'completions', ''], ['bash', 'zsh', 'fish'], []],
    [['zd', 'call', ''], ['cache_put', 'ping'], []],
    [['zd', 'help', ''], ['up', 'cache'], []],
    [['zd', 'service', ''], ['install', 'uninstall', 'status'], []],
  ];
  for (const [words, wanted, unwanted] of cases) {
    test(words.join(' '), () => {
      // fish offers short flags without their long forms only for a lone dash, so each shell answers in its own way but with these words.
      for (const [shell, offered] of [
        ['bash', bash(...words)],
        ['zsh', zsh(...words)],
        ['fish', fish(words.join(' '))],
      ] as const) {
        expect({
          shell,
          missing: wanted.filter((word) => !offered.includes(word)),
          extra: unwanted.filter((word) => offered.includes(word)),
        }).toEqual({ shell, missing: [], extra: [] });
      }
    });
  }

  test('bash narrows to what was typed, also behind --flag=', () => {
    expect(bash('zd', 'cac')).toEqual(['cached', 'cache']);
    expect(bash('zd', 'logs', '--level', 'w')).toEqual(['warn']);
    expect(bash('zd', 'logs', '--level', '=', 'w')).toEqual(['warn']);
    expect(bash('zd', 'logs', '--level', '=')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(bash('zd', 'cache', 'get', '--', '')).toEqual([]);
  });
});
