import type { Item } from '../item';
import { remark } from './quote';

/** What a shell can be told of, and how. The name is that of the kind of definition; a family of paths is one variable's list. */
export type Section =
  | 'paths'
  | 'named_dir'
  | 'alias'
  | 'galias'
  | 'salias'
  | 'env'
  | 'params'
  | 'zstyle'
  | 'bindkey'
  | 'setopt'
  | 'zmodload'
  | 'compdef'
  | 'function'
  | 'autoload'
  | 'command_hash'
  | 'association';

export interface Part {
  readonly section: Section;
  /** The variable, for `paths` and `association`. */
  readonly name: string;
  readonly items: readonly Item[];
  /** Adds to what the shell has, instead of taking its place. */
  readonly additive: boolean;
}

/** Shell text made of definitions alone: evaluating it defines what it says and runs nothing, whatever the names and values hold. */
export interface Dialect {
  readonly name: 'zsh' | 'bash' | 'fish';
  /** Null when the shell has nothing of this sort. */
  lines(part: Part): string[] | null;
}

/** Why an item is not in the script, in the script. */
export const skipped = (what: string, { key }: Item, why: string): string =>
  remark(`zd: ${what} ${JSON.stringify(key.slice(0, 100))} left out: ${why}`);

/** Lines of each item, or the remark why there is none. */
export const eachItem = (what: string, items: readonly Item[], line: (item: Item & { readonly value: string }) => string | Reason): string[] =>
  items.map((item) => {
    if (item.value === null) return skipped(what, item, 'its value is withheld');
    const made = line(item as Item & { readonly value: string });
    return typeof made === 'string' ? made : skipped(what, item, made.why);
  });

export interface Reason {
  readonly why: string;
}

export const UNQUOTABLE: Reason = { why: 'no shell word can hold it' };
export const BAD_NAME: Reason = { why: 'not a name the shell takes' };

/**
 * Variables that are the shell's own state, or the process's identity: to assign them is no definition, and some may not be assigned at all,
 * which would end the script.
 */
export const OWN_VARIABLES: ReadonlySet<string> = new Set(
  '_ PWD OLDPWD SHLVL PPID UID EUID GID EGID USERNAME GROUPS ARGC HISTCMD LINENO TTYIDLE ZSH_SUBSHELL BASH_SUBSHELL BASHPID BASHOPTS SHELLOPTS BASH_VERSINFO BASH_ARGC BASH_ARGV BASH_LINENO BASH_SOURCE BASH_COMMAND BASH_ALIASES BASH_CMDS DIRSTACK FUNCNAME PIPESTATUS pipestatus status zsh_eval_context ZSH_EVAL_CONTEXT ZSH_EXECUTION_STRING ERRNO argv options functions aliases galiases saliases dis_functions dis_aliases parameters commands builtins modules funcstack functrace funcsourcetrace funcfiletrace historywords history jobdirs jobstates jobtexts nameddirs userdirs usergroups dirstack signals terminfo termcap mapfile sysparams errnos langinfo keymaps widgets RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME epochtime COLUMNS LINES OPTIND OPTARG OPTERR IFS version FISH_VERSION'.split(
    ' ',
  ),
);
