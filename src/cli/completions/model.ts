import type { CommandDef } from 'citty';
import { entries } from '../catalogue';
import type { Arg, Args } from '../command';
import { GLOBAL_ARGS } from '../globals';
import { childrenOf, findGroup, nextWords, resolve } from '../tree';

export interface Choice {
  readonly text: string;
  readonly about: string;
}

export interface Flag {
  /** With dashes, the long form first. */
  readonly names: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
  readonly files: 'files' | 'folders' | null;
}

/** What may follow a run of command words. */
export interface Place {
  /** `cache get`; empty for zd itself. */
  readonly path: string;
  /** Subcommands, or what the positional arguments may be. */
  readonly choices: readonly Choice[];
  readonly flags: readonly Flag[];
}

/** Every place of the command tree, from the very definitions the parser reads. */
export async function places(): Promise<Place[]> {
  const found: Place[] = [];
  await visit([], (await findGroup([]))!, found);
  return found;
}

async function visit(path: readonly string[], command: CommandDef, found: Place[]): Promise<void> {
  const children = await Promise.all(Object.entries(await childrenOf(command)).map(async ([name, child]) => [name, await resolve(child)] as const));
  const args = (await resolve(command.args ?? {})) as Args;
  const subcommands = children.map(([name, child]): Choice => ({ text: name, about: summaryOf(child) }));
  const values = Object.values(args)
    .filter((arg) => arg.type === 'positional')
    .flatMap(valuesOf)
    .map((text): Choice => ({ text, about: '' }));
  found.push({ path: path.join(' '), choices: [...subcommands, ...values], flags: flagsOf(args) });
  for (const [name, child] of children) await visit([...path, name], child, found);
}

const summaryOf = (command: CommandDef): string => (command.meta as { description?: string } | undefined)?.description ?? '';

function flagsOf(args: Args): Flag[] {
  const shared = Object.entries(GLOBAL_ARGS).filter(([name]) => !(name in args));
  return [...Object.entries(args), ...shared]
    .filter(([, arg]) => arg.type !== 'positional')
    .map(([name, arg]) => ({
      names: [arg.type === 'boolean' && arg.default === true ? `--no-${name}` : `--${name}`, ...aliasesOf(arg)],
      about: arg.description ?? '',
      takesValue: arg.type !== 'boolean',
      values: valuesOf(arg),
      files: arg.suggest === 'files' || arg.suggest === 'folders' ? arg.suggest : null,
    }));
}

const aliasesOf = (arg: Arg): string[] =>
  (arg.alias === undefined ? [] : typeof arg.alias === 'string' ? [arg.alias] : [...arg.alias]).map((alias) =>
    alias.length === 1 ? `-${alias}` : `--${alias}`,
  );

function valuesOf(arg: Arg): string[] {
  if (arg.suggest === 'operations') return entries().map(({ name }) => name);
  if (arg.suggest === 'commands') return nextWords([]);
  return [...(arg.options ?? [])];
}
