import { UsageError, type Arg, type Args } from './command';
import { nearest } from './nearest';

export interface ParsedLine {
  /** The command's own arguments by name; absent ones are not there. */
  readonly own: Record<string, unknown>;
  /** The global flags that were given. */
  readonly shared: Record<string, unknown>;
}

export interface FlagMatch {
  readonly name: string;
  readonly arg: Arg;
  readonly negated: boolean;
  /** What stood behind `=`. */
  readonly text: string | undefined;
}

/**
 * Reads a command's arguments against its definition. Refused with `UsageError`: unknown flags, values of the wrong type, missing or
 * surplus arguments, a flag given twice that takes one value. From `--` on everything is positional, whatever it looks like.
 */
export function parse(argv: readonly string[], args: Args, shared: Args, where: string): ParsedLine {
  const result: ParsedLine = { own: {}, shared: {} };
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const text = argv[at]!;
    if (text === '--') {
      words.push(...argv.slice(at + 1));
      break;
    }
    if (!text.startsWith('-') || text === '-' || isNegativeNumber(text, args)) {
      words.push(text);
      continue;
    }
    for (const part of splitShort(text, args, shared)) {
      const own = matchFlag(part, args);
      const flag = own ?? matchFlag(part, shared);
      if (!flag) throw unknownFlag(part, args, shared, where);
      if (flag.arg.rest) {
        const rest = [...(flag.text === undefined ? [] : [flag.text]), ...argv.slice(at + 1)];
        const taken = rest[0] === '--' ? rest.slice(1) : rest;
        if (taken.length === 0) throw new UsageError(`--${flag.name} needs a command`);
        store(own ? result.own : result.shared, flag, taken);
        at = argv.length;
        break;
      }
      let given = flag.text;
      if (flag.arg.type === 'boolean') {
        if (given !== undefined && given !== 'true' && given !== 'false')
          throw new UsageError(`--${flag.name} takes no value but true or false, not "${given}"`);
        store(own ? result.own : result.shared, flag, (given !== 'false') !== flag.negated);
        continue;
      }
      if (given === undefined) {
        given = argv[++at];
        if (given === undefined || given === '--') throw new UsageError(`--${flag.name} needs a value`);
      }
      store(own ? result.own : result.shared, flag, valueOf(`--${flag.name}`, flag.arg, given));
    }
  }
  positionals(words, args, result.own, where);
  if (result.shared.help !== true) requireFlags(args, result.own, where);
  return result;
}

/** The definition a flag belongs to; null when there is none. */
export function matchFlag(text: string, args: Args): FlagMatch | null {
  const equals = text.indexOf('=');
  const bare = equals === -1 ? text : text.slice(0, equals);
  const value = equals === -1 ? undefined : text.slice(equals + 1);
  const long = bare.startsWith('--');
  const word = bare.slice(long ? 2 : 1);
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type === 'positional') continue;
    const aliases = arg.alias === undefined ? [] : typeof arg.alias === 'string' ? [arg.alias] : arg.alias;
    const names = long ? [name, ...aliases.filter((alias) => alias.length > 1)] : aliases.filter((alias) => alias.length === 1);
    if (names.includes(word)) return { name, arg, negated: false, text: value };
    if (long && arg.type === 'boolean' && word === `no-${name}`) return { name, arg, negated: true, text: value };
  }
  return null;
}

/** `-qf` as `-q -f`, and `-n5` as `-n=5`. */
function splitShort(text: string, args: Args, shared: Args): string[] {
  if (text.startsWith('--') || text.length === 2 || text[2] === '=') return [text];
  const flag = (letter: string) => matchFlag(`-${letter}`, args) ?? matchFlag(`-${letter}`, shared);
  const parts: string[] = [];
  for (let at = 1; at < text.length; at++) {
    const found = flag(text[at]!);
    if (!found) return [text];
    if (found.arg.type !== 'boolean')
      return [...parts, text.length > at + 1 ? `-${text[at]}=${text.slice(at + 1).replace(/^=/, '')}` : `-${text[at]}`];
    parts.push(`-${text[at]}`);
  }
  return parts;
}

const isNegativeNumber = (text: string, args: Args): boolean => /^-\.?\d/.test(text) && matchFlag(text.slice(0, 2), args) === null;

function unknownFlag(part: string, args: Args, shared: Args, where: string): UsageError {
  const bare = part.split('=')[0]!;
  const names = [...Object.entries(args), ...Object.entries(shared)].filter(([, arg]) => arg.type !== 'positional').map(([name]) => `--${name}`);
  const close = bare.startsWith('--') ? nearest(bare, names) : null;
  return new UsageError(`unknown flag ${bare}`, close ? `Did you mean ${close}?` : `See: ${where} --help`);
}

function store(into: Record<string, unknown>, { name, arg }: FlagMatch, value: unknown): void {
  if (arg.many) into[name] = [...((into[name] as unknown[] | undefined) ?? []), value];
  else if (name in into && arg.type !== 'boolean') throw new UsageError(`--${name} is given twice`);
  else into[name] = value;
}

function positionals(words: readonly string[], args: Args, own: Record<string, unknown>, where: string): void {
  let next = 0;
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type !== 'positional') continue;
    if (arg.many) {
      if (next < words.length) own[name] = words.slice(next).map((word) => valueOf(name.toUpperCase(), arg, word));
      next = words.length;
    } else if (next < words.length) own[name] = valueOf(name.toUpperCase(), arg, words[next++]!);
    else if (arg.default !== undefined) own[name] = arg.default;
  }
  own._ = [...words];
  if (next < words.length) throw new UsageError(`unexpected argument "${words[next]}"`, `See: ${where} --help`);
}

function requireFlags(args: Args, own: Record<string, unknown>, where: string): void {
  for (const [name, arg] of Object.entries(args)) {
    if (name in own) continue;
    if (arg.default !== undefined) own[name] = arg.default;
    else if (arg.type === 'positional' ? arg.required !== false : arg.required) {
      throw new UsageError(arg.type === 'positional' ? `missing ${name.toUpperCase()}` : `missing --${name}`, `See: ${where} --help`);
    }
  }
}

/** One value as the definition wants it. */
export function valueOf(label: string, arg: Arg, text: string): unknown {
  if (arg.options && !arg.options.includes(text)) {
    const close = nearest(text, arg.options);
    throw new UsageError(`${label} must be one of ${arg.options.join(', ')}, not "${text}"`, close ? `Did you mean "${close}"?` : undefined);
  }
  switch (arg.value) {
    case 'integer':
    case 'number':
      return numberOf(label, arg, text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new UsageError(`${label} must be true or false, not "${text}"`);
      return text === 'true';
    case 'json':
      return jsonOf(text, () => {
        throw new UsageError(`${label} must be JSON, and "${text.length > 40 ? `${text.slice(0, 40)}…` : text}" is not`);
      });
    case 'json-or-text':
      return jsonOf(text, () => text);
    case undefined:
      return text;
  }
}

function numberOf(label: string, { value, minimum, maximum }: Arg, text: string): number {
  const pattern = value === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const number = Number(text);
  if (!pattern.test(text) || !Number.isFinite(number))
    throw new UsageError(`${label} must be ${value === 'integer' ? 'a whole number' : 'a number'}, not "${text}"`);
  if (value === 'integer' && !Number.isSafeInteger(number)) throw new UsageError(`${label} is too large: ${text}`);
  if (minimum !== undefined && number < minimum) throw new UsageError(`${label} must be at least ${minimum}, not ${text}`);
  if (maximum !== undefined && number > maximum) throw new UsageError(`${label} must be at most ${maximum}, not ${text}`);
  return number;
}

function jsonOf(text: string, otherwise: () => unknown): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise();
  }
}
