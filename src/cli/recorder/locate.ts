import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ShellName } from './capture';
import type { Seen } from './seen';

/** The files a login shell reads by itself, in its order. */
function startupFiles(shell: ShellName, env: Readonly<Record<string, string | undefined>>): string[] {
  const home = env.HOME ?? '/';
  switch (shell) {
    case 'bash':
      return [
        ...['/etc/profile', '/etc/bash.bashrc', '/etc/bashrc'],
        ...['.bash_profile', '.bash_login', '.profile', '.bashrc'].map((name) => join(home, name)),
      ];
    case 'zsh':
      return ['.zshenv', '.zprofile', '.zshrc', '.zlogin'].flatMap((name) => [
        join('/etc/zsh', name.slice(1)),
        join('/etc', name.slice(1)),
        join(env.ZDOTDIR ?? home, name),
      ]);
    case 'fish':
      return ['/etc/fish/config.fish', join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'fish/config.fish')];
  }
}

const MOST_FILES = 300;
const MOST_BYTES = 1 << 20;

type Subject = 'alias' | 'function' | 'variable';

/** What a kind of record is called in a file; kinds that are not here are not looked for. */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  alias: 'alias',
  galias: 'alias',
  salias: 'alias',
  function: 'function',
  export: 'variable',
  typeset: 'variable',
};

const NAME = `['"]?([^\\s='"();|&<>$\`]+)['"]?`;
const PATTERNS: Readonly<Record<'posix' | 'fish', readonly (readonly [Subject, RegExp])[]>> = {
  posix: [
    ['alias', new RegExp(`(?:^|[;&|{]|\\bthen|\\bdo|\\belse)\\s*(?:builtin\\s+)?alias\\s+(?:-[-gs]*\\s+)*${NAME}=`, 'g')],
    ['function', new RegExp(`^\\s*(?:function\\s+)?${NAME}\\s*\\(\\s*\\)`, 'g')],
    ['function', new RegExp(`^\\s*function\\s+${NAME}`, 'g')],
    ['variable', /(?:^|[;&{]|\bthen|\bdo|\belse)\s*(?:(?:export|declare|typeset|readonly|integer|float)\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)\+?=/g],
  ],
  fish: [
    ['alias', new RegExp(`(?:^|;)\\s*(?:alias|abbr)\\s+(?:-\\S+\\s+)*${NAME}`, 'g')],
    ['function', new RegExp(`^\\s*function\\s+${NAME}`, 'g')],
    ['variable', /(?:^|;)\s*set\s+(?:-\S+\s+)*([A-Za-z_]\w*)/g],
  ],
};

interface Found {
  readonly file: string;
  readonly line: number;
}

/**
 * Adds where things were defined, for what the shell itself does not tell: found by reading the startup files, the files they name and those
 * of functions. Only what is defined in one place alone gets one; anything else would be a guess.
 */
export function locate(shell: ShellName, seen: readonly Seen[], env: Readonly<Record<string, string | undefined>>): Seen[] {
  const queue = [...new Set([...startupFiles(shell, env), ...seen.flatMap(({ kind, file }) => (file && kind === 'function' ? [file] : []))])];
  const places = new Map<string, Found[]>();
  const patterns = PATTERNS[shell === 'fish' ? 'fish' : 'posix'];
  for (let at = 0; at < Math.min(queue.length, MOST_FILES); at++) {
    const file = queue[at]!;
    for (const [number, line] of linesOf(file).entries()) {
      if (/^\s*#/.test(line)) continue;
      for (const [subject, pattern] of patterns)
        for (const match of line.matchAll(pattern)) note(places, `${subject} ${match[1]}`, { file, line: number + 1 });
      const named = /(?:^|[;&|{]|\bthen|\bdo)\s*(?:source|\.)\s+["']?([^\s"';&|)]+)/.exec(line)?.[1];
      const path = named && expand(named, env);
      if (path && !queue.includes(path)) queue.push(path);
    }
  }
  return seen.map((each) => {
    const subject = Object.hasOwn(SUBJECTS, each.kind) ? SUBJECTS[each.kind] : undefined;
    if (subject === undefined || each.line !== undefined) return each;
    const all = places.get(`${subject} ${each.name}`) ?? [];
    const found = each.file === undefined ? all : all.filter(({ file }) => file === each.file);
    return found.length === 1 ? { ...each, ...found[0] } : each;
  });
}

function note(places: Map<string, Found[]>, key: string, found: Found): void {
  const known = places.get(key);
  if (!known) places.set(key, [found]);
  else if (!known.some(({ file, line }) => file === found.file && line === found.line)) known.push(found);
}

function linesOf(file: string): string[] {
  try {
    const { size } = statSync(file);
    return size > MOST_BYTES ? [] : readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A path as a startup file names another one, when it says so plainly. */
function expand(text: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const path = text
    .replace(/^~(?=\/)/, env.HOME ?? '')
    .replace(/\$\{?(HOME|ZDOTDIR|XDG_CONFIG_HOME)\}?/g, (_, name: string) => env[name] ?? env.HOME ?? '');
  return path.startsWith('/') && !/[$*?`[]/.test(path) ? path : null;
}
