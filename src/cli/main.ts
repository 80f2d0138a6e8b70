import type { CommandDef } from 'citty';
import { Client } from '../client/client';
import { ClientError } from '../client/error';
import { resolvePaths } from '../daemon/paths';
import { EXIT } from '../kernel/code_info';
import { isCode, CODES } from '../kernel/codes';
import { UsageError, type Args, type Globals, type Invocation } from './command';
import { GLOBAL_ARGS, leadingWords, toGlobals, type Word } from './globals';
import { nearest } from './nearest';
import { Output } from './output';
import { parse, type ParsedLine } from './parse';
import { findCommand, findGroup, nextWords, resolve, type Found } from './tree';
import { PipeClosed, writeAll } from './write';

type ProcessEnv = Record<string, string | undefined>;

/** Runs one command line and resolves with its exit code. It never throws and never exits the process. */
export async function runCli(argv: readonly string[], env: ProcessEnv): Promise<number> {
  try {
    return await dispatch(argv, env);
  } catch (error) {
    try {
      return report(error, argv);
    } catch (second) {
      if (second instanceof PipeClosed) return EXIT.ok;
      throw second;
    }
  }
}

async function dispatch(argv: readonly string[], env: ProcessEnv): Promise<number> {
  const leading = leadingWords(argv);
  const words = leading.map(({ text }) => text);
  const found = await findCommand(words);
  const isGroup = found !== null && found.command.run === undefined;
  if (!found || isGroup) return groupHelp(argv, words, env, found);
  const rest = without(argv, leading.slice(0, found.words.length));
  const where = ['zd', ...found.words].join(' ');
  const args = ((await resolve(found.command.args ?? {})) ?? {}) as Args;
  const line = parseOrHelp(rest, args, where);
  if (line === null || line.shared.help === true) return showHelp(found.command, where, env);
  const globals = toGlobals(line.shared);
  if (globals.home !== undefined) env.ZD_HOME = globals.home;
  const result: unknown = await found.command.run!({
    rawArgs: [...rest],
    args: line.own as never,
    cmd: found.command,
    data: invocation(globals, env),
  });
  return typeof result === 'number' ? result : ended();
}

/** Null: the line has a mistake, but help was asked for. */
function parseOrHelp(rest: readonly string[], args: Args, where: string): ParsedLine | null {
  try {
    return parse(rest, args, GLOBAL_ARGS, where);
  } catch (error) {
    if (error instanceof UsageError && asksHelp(rest)) return null;
    throw error;
  }
}

function asksHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).some((text) => text === '--help' || text === '-h');
}

const without = (argv: readonly string[], words: readonly Word[]): string[] => {
  const places = new Set(words.map(({ at }) => at));
  return argv.filter((_, at) => !places.has(at));
};

/** Help on a group or on zd itself, or what is wrong with the words. */
async function groupHelp(argv: readonly string[], words: readonly string[], env: ProcessEnv, found: Found | null): Promise<number> {
  if (argv.length === 1 && argv[0] === '--version') return runCli(['version'], env);
  let known: readonly string[] = found?.words ?? [];
  let group: CommandDef | null = found?.command ?? null;
  if (!found) {
    for (let length = words.length; length >= 0 && !group; length--) {
      known = words.slice(0, length);
      group = await findGroup(known);
    }
  }
  const where = ['zd', ...known].join(' ');
  const wrong = words[known.length];
  if (wrong !== undefined) {
    const choices = found ? Object.keys((await resolve(group!.subCommands)) as object) : nextWords(known);
    const close = nearest(wrong, choices);
    throw new UsageError(
      `unknown command "${[...known, wrong].join(' ')}"`,
      close ? `Did you mean "${[...known, close].join(' ')}"?` : `See: ${where} --help`,
    );
  }
  if (asksHelp(argv)) return showHelp(group!, where, env);
  parse(
    argv.filter((text) => !words.includes(text)),
    {},
    GLOBAL_ARGS,
    where,
  );
  const { helpText } = await import('./help');
  writeAll(2, `${await helpText(group!, where, false)}\nzd: missing command\n`);
  return EXIT.usage;
}

async function showHelp(command: CommandDef, where: string, env: ProcessEnv): Promise<number> {
  const { helpText } = await import('./help');
  const out = new Output({ json: false, quiet: false }, env);
  out.text(await helpText(command, where, out.colored()));
  return EXIT.ok;
}

/** A command that is plain citty writes to the process's own stdout and leaves its exit code there. */
async function ended(): Promise<number> {
  await new Promise((resolve) => process.stdout.write('', resolve));
  return Number(process.exitCode ?? EXIT.ok);
}

function invocation(globals: Globals, env: ProcessEnv): Invocation {
  let signal: AbortSignal | undefined;
  return {
    globals,
    env,
    paths: resolvePaths(env),
    out: new Output(globals, env),
    client: () => Client.find(env, globals),
    interrupted: () => (signal ??= onInterrupt()),
  };
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

/** Says on stderr what went wrong and what to do; with `--json` the reply also goes to stdout as it came. */
function report(error: unknown, argv: readonly string[]): number {
  if (error instanceof PipeClosed) return EXIT.ok;
  if (error instanceof UsageError) return say(error.message, error.hint ?? '', EXIT.usage);
  if (error instanceof ClientError) {
    if (error.exit === EXIT.interrupted) return EXIT.interrupted;
    if (wantsJson(argv)) writeAll(1, `${error.body ?? JSON.stringify({ ok: false, code: error.code, msg: error.msg, hint: error.hint })}\n`);
    return say(error.msg, error.hint, error.exit);
  }
  // By name: the class would bring the whole configuration along with every verb.
  const { code, msg, hint, exit } =
    error instanceof Error && error.name === 'ConfigError'
      ? { code: 'bad_value', msg: error.message, hint: 'Correct it; `zd config check` tells when it is right', exit: EXIT.usage }
      : ownFailure(error);
  if (wantsJson(argv)) writeAll(1, `${JSON.stringify({ ok: false, code, msg, hint })}\n`);
  return say(msg, hint, exit);
}

/** A failure of the command itself, in the form of a reply. */
function ownFailure(error: unknown): { code: string; msg: string; hint: string; exit: number } {
  const { code, detail, message } = error as { code?: unknown; detail?: { hint?: string }; message?: string };
  if (isCode(code)) return { code, msg: message ?? CODES[code].message, hint: detail?.hint ?? CODES[code].remedy, exit: CODES[code].exit };
  const msg = error instanceof Error ? (process.env.ZD_DEBUG ? (error.stack ?? error.message) : error.message) : String(error);
  return { code: 'internal', msg, hint: '', exit: EXIT.failure };
}

function say(what: string, hint: string, exit: number): number {
  writeAll(2, `zd: ${lowerFirst(what.replace(/\.$/, ''))}\n${hint === '' ? '' : `${hint}\n`}`);
  return exit;
}

/** A sentence after `zd: ` begins small, unless its first word is a name or an abbreviation. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z]*\b/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}
