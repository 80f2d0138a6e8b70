import type { Frame } from './frames';
import { BIT, folders, pairsOf, type Seen } from './seen';
import { commandsIn } from './words';

/** The shell's own state, which no configuration defines. */
const VOLATILE =
  /^(?:_|BASH(?:_.*|OPTS|PID)?|SHELLOPTS|DIRSTACK|EPOCH\w+|EUID|UID|PPID|FUNCNAME|GROUPS|HISTCMD|LINENO|OPT\w+|PIPESTATUS|S?RANDOM|SECONDS|SHLVL|COLUMNS|LINES|COMP_\w+|PWD|OLDPWD|IFS)$/;
const FLAGS: Readonly<Record<string, number>> = { a: BIT.array, A: BIT.assoc, i: BIT.integer, r: BIT.readonly, x: BIT.export };

/** Options whose state is that of the recorder. */
const OURS = new Set(['login_shell']);

export function fromBash(frames: readonly Frame[]): Seen[] {
  return frames.flatMap((frame): Seen[] => {
    const { what, name, values } = frame;
    const [value = ''] = values;
    switch (what) {
      case 'aliases':
        return commandsIn(value).flatMap(({ words }) => {
          const [, each, text] = /^([^=]+)=(.*)$/s.exec(words.at(-1)!) ?? [];
          return words[0] === 'alias' && each !== undefined ? [{ kind: 'alias', name: each, value: text }] : [];
        });
      case 'function':
        return [functionOf(frame)];
      case 'variable':
        return VOLATILE.test(name) ? [] : variableOf(frame);
      case 'options':
        return [...value.matchAll(/^(\w+)\s+(on|off)$/gm)]
          .filter((match) => !OURS.has(match[1]!))
          .map((match) => ({ kind: match[2] === 'on' ? 'setopt' : 'unsetopt', name: match[1]! }));
      case 'traps':
        return trapsIn(value);
      case 'bindings':
        return [...value.matchAll(/^("(?:\\.|[^"\\])*"):? (.*)$/gm)].map((match) => ({
          kind: 'bindkey',
          name: match[1]!.slice(1, -1),
          value: match[2]!,
        }));
      case 'completions':
        return commandsIn(value).map(({ words, text }) => ({ kind: 'completion', name: words.at(-1)!, value: text }));
      default:
        return [];
    }
  });
}

/** `trap -- 'COMMAND' SIGNAL` lines, which bash and zsh print alike. */
export const trapsIn = (text: string): Seen[] =>
  commandsIn(text)
    .filter(({ words }) => words[0] === 'trap' && words.length >= 3)
    .map(({ words }) => ({ kind: 'trap', name: words.at(-1)!, value: words.at(-2)! }));

/** `declare -F` under extdebug prints `NAME LINE FILE`. */
function functionOf({ name, values: [place = '', body = ''] }: Frame): Seen {
  const match = /^ (\d+) (.+)$/s.exec(place.trimEnd().slice(name.length));
  const seen = { kind: 'function', name, value: body.trimEnd() };
  return match && match[2]!.startsWith('/') ? { ...seen, file: match[2]!, line: Number(match[1]) } : seen;
}

function variableOf({ name, attrs, values }: Frame): Seen[] {
  let bits = 0;
  for (const flag of attrs) bits |= FLAGS[flag] ?? 0;
  // Every array comes as one; from 5.1 on bash also tells which are associative.
  if (bits & BIT.assoc) bits &= ~BIT.array;
  const exported = (bits & BIT.export) !== 0;
  const kind = exported ? 'export' : 'typeset';
  if (bits & BIT.assoc) return [{ kind, name, value_assoc: pairsOf(values), attrs: bits }];
  if (bits & BIT.array) return [{ kind, name, value_array: pairsOf(values).map(([, value]) => value), attrs: bits }];
  const [value = ''] = values;
  const seen: Seen = { kind, name, value, attrs: bits | (bits & BIT.integer ? 0 : BIT.scalar) };
  if (name === 'PATH') return [seen, ...folders('path', value.split(':'))];
  return name === 'MANPATH' ? [seen, ...folders('manpath', value.split(':'))] : [seen];
}
