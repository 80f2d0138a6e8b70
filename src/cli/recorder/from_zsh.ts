import { trapsIn } from './from_bash';
import type { Frame } from './frames';
import { BIT, folders, pairsOf, type Seen } from './seen';
import { commandsIn } from './words';

/** The shell's own state, which no configuration defines. */
const VOLATILE =
  /^(?:_|argv|ARGC|status|pipestatus|funcstack|LINENO|RANDOM|SECONDS|EPOCH\w*|epochtime|TTY|TTYIDLE|PPID|UID|EUID|GID|EGID|USERNAME|HISTCMD|SHLVL|COLUMNS|LINES|PWD|OLDPWD|OPT\w+|ZSH_EXECUTION_STRING|ZSH_SUBSHELL|ERRNO|dirstack|historywords|signals|errnos|keymaps|widgets|terminfo|termcap|zsh_eval_context|ZSH_EVAL_CONTEXT|IFS|_comp\w*|_lastcomp|_services|_patcomps|_postpatcomps)$/;

export function fromZsh(frames: readonly Frame[]): Seen[] {
  return frames.flatMap((frame): Seen[] => {
    const { what, name, values } = frame;
    const [value = ''] = values;
    switch (what) {
      case 'alias':
      case 'galias':
      case 'salias':
      case 'compdef':
        return [{ kind: what, name, value }];
      case 'named_dir':
        return [{ kind: 'hash_d', name, value }];
      case 'module':
        return [{ kind: 'zmodload', name }];
      case 'function':
        return [functionOf(frame)];
      case 'variable':
        return VOLATILE.test(name) ? [] : variableOf(frame);
      case 'options':
        return pairsOf(values).map(([option, state]) => ({ kind: state === 'on' ? 'setopt' : 'unsetopt', name: option }));
      case 'traps':
        return trapsIn(value);
      case 'styles':
        return listed('zstyle', 'zstyle', value);
      case 'bindings':
        return listed('bindkey', 'bindkey', value);
      case 'widgets':
        return listed('zle', 'zle', value);
      case 'sched':
        return [...value.matchAll(/^\s*\d+ (\S+ +\S+ +\S+ +[\d:]+) (?:-o )?(?:-- )?(.+)$/gm)].map((match) => ({
          kind: 'sched',
          name: match[2]!,
          value: match[1]!,
        }));
      default:
        return [];
    }
  });
}

/** `COMMAND [-flag] NAME REST`: the name is the first word that is no flag, the value what is behind it as it stands. */
function listed(kind: string, command: string, text: string): Seen[] {
  return commandsIn(text).flatMap(({ words, raw }) => {
    const at = words.findIndex((word, place) => place > 0 && !/^-[A-Za-z]$/.test(word));
    if (words[0] !== command || at === -1 || words[at] === '') return [];
    const flags = raw.slice(1, at).filter((flag) => flag !== '-N');
    return [{ kind, name: words[at]!, value: [...flags, ...raw.slice(at + 1)].join(' ') }];
  });
}

/** Its source is known, its line is not. What is not loaded yet has no body. */
function functionOf({ name, values: [source = '', body = ''] }: Frame): Seen {
  const file = source.startsWith('/') ? { file: source } : {};
  return /^\s*builtin autoload -X/.test(body)
    ? { kind: 'function_autoload', name, value: source, ...file }
    : { kind: 'function', name, value: body, ...file };
}

const TYPES: Readonly<Record<string, number>> = {
  scalar: BIT.scalar,
  integer: BIT.integer,
  float: BIT.float,
  array: BIT.array,
  association: BIT.assoc,
  export: BIT.export,
  readonly: BIT.readonly,
  unique: BIT.unique,
  tied: BIT.tied,
  hide: BIT.hide,
};

function variableOf({ name, attrs: type, values: given }: Frame): Seen[] {
  const words = type.split('-');
  const values = words.includes('escaped') ? given.map((value) => value.replace(/\\(0|\\)/g, (_, char) => (char === '0' ? '\0' : '\\'))) : given;
  const attrs = words.reduce((bits, word) => bits | (TYPES[word] ?? 0), 0);
  const kind = attrs & BIT.export ? 'export' : 'typeset';
  if (attrs & BIT.assoc) return [{ kind, name, value_assoc: pairsOf(values), attrs }];
  if (name === 'path' || name === 'fpath' || name === 'manpath') return folders(name, values);
  if (attrs & BIT.array) return [{ kind, name, value_array: values, attrs }];
  return [{ kind, name, value: values[0] ?? '', attrs }];
}
