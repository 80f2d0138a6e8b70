import type { Frame } from './frames';
import { BIT, folders, type Seen } from './seen';
import { commandsIn } from './words';

/** The shell's own state, which no configuration defines. */
const VOLATILE =
  /^(?:_|argv|history|status|pipestatus|fish_pid|fish_kill_signal|fish_killring|fish_read_limit|hostname|version|FISH_VERSION|CMD_DURATION|COLUMNS|LINES|PWD|SHLVL|EUID|dirprev|dirnext|umask|__fish_\w+|_fish_\w+|last_pid|self|fish_terminal_\w+|status_generation)$/;

export function fromFish(frames: readonly Frame[]): Seen[] {
  return frames.flatMap((frame): Seen[] => {
    const { what, name, values } = frame;
    const [value = ''] = values;
    switch (what) {
      case 'autoload':
        return [{ kind: 'function_autoload', name, value, file: value }];
      case 'function':
        return functionOf(frame);
      case 'variable':
        return VOLATILE.test(name) ? [] : variableOf(frame);
      case 'abbreviations':
        return abbreviationsIn(value);
      case 'bindings':
        return bindingsIn(value);
      case 'completions':
        return completionsIn(value);
      case 'features':
        return [...value.matchAll(/^(\S+)\s+(on|off)\b/gm)].map((match) => ({ kind: match[2] === 'on' ? 'setopt' : 'unsetopt', name: match[1]! }));
      default:
        return [];
    }
  });
}

/** The details are path, whether it was loaded by its name, line, scope and description. An alias is a function that says so. */
function functionOf({ name, values: [path = '', , line = '', , about = '', body = ''] }: Frame): Seen[] {
  // A file that fish would load for the name, and that defines nothing.
  if (body.trim() === '') return [];
  const number = Number(line);
  const place = path.startsWith('/') ? { file: path, ...(Number.isSafeInteger(number) && number > 0 ? { line: number } : {}) } : {};
  const seen = { kind: 'function', name, value: body.replace(/^# Defined (?:in|via|interactively)[^\n]*\n/, '').trimEnd(), ...place };
  const alias = ['=', ' '].map((sign) => `alias ${name}${sign}`).find((start) => about.startsWith(start));
  return alias === undefined ? [seen] : [seen, { kind: 'alias', name, value: about.slice(alias.length) }];
}

function variableOf({ name, attrs, values }: Frame): Seen[] {
  const scope = attrs.split(' ');
  const exported = scope.includes('export');
  const kind = exported ? 'export' : 'typeset';
  const bits = (values.length === 1 ? BIT.scalar : BIT.array) | (exported ? BIT.export : 0);
  const value = values.join(scope.includes('path') ? ':' : ' ');
  const seen: Seen = values.length === 1 ? { kind, name, value, attrs: bits } : { kind, name, value, value_array: values, attrs: bits };
  if (name === 'PATH') return [seen, ...folders('path', values)];
  return name === 'MANPATH' ? [seen, ...folders('manpath', values)] : [seen];
}

/** `abbr -a [flags] -- NAME EXPANSION`. */
const abbreviationsIn = (text: string): Seen[] =>
  commandsIn(text).flatMap(({ words }) => {
    const at = words.indexOf('--') + 1;
    return at > 0 && words[at] ? [{ kind: 'alias', name: words[at], value: words.slice(at + 1).join(' ') }] : [];
  });

const MODE = new Set(['-M', '-m', '--mode', '--sets-mode', '-k', '--key']);

/** `bind [--preset] [-M MODE] KEY COMMAND…`; the key as fish writes it, behind the mode when that is not the usual one. */
const bindingsIn = (text: string): Seen[] =>
  commandsIn(text).flatMap(({ raw }) => {
    let at = 1;
    let mode = '';
    while (raw[at]?.startsWith('-')) {
      if (raw[at] === '-M' || raw[at] === '--mode') mode = raw[at + 1] === 'default' ? '' : `${raw[at + 1]} `;
      at += MODE.has(raw[at]!) ? 2 : 1;
    }
    const key = raw[at];
    return raw[0] === 'bind' && key !== undefined ? [{ kind: 'bindkey', name: mode + key, value: raw.slice(at + 1).join(' ') }] : [];
  });

/** All that is completed of one command is one record. */
function completionsIn(text: string): Seen[] {
  const found = new Map<string, string[]>();
  for (const { words, text: line } of commandsIn(text)) {
    const flag = words.findIndex((word) => word === '-c' || word === '--command' || word === '-p' || word === '--path');
    const name = flag === -1 ? words.find((word, at) => at > 0 && !word.startsWith('-')) : words[flag + 1];
    if (words[0] !== 'complete' || !name) continue;
    const lines = found.get(name);
    if (lines) lines.push(line);
    else found.set(name, [line]);
  }
  return [...found].map(([name, lines]) => ({ kind: 'completion', name, value: lines.join('\n') }));
}
