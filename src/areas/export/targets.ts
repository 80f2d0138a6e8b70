import type { Kind } from '../definitions/service';
import type { Section } from './shell/dialect';

/** Where the rows of a target come from. */
export type Source =
  /** Definitions of one kind of one shell. */
  | { readonly from: 'kind'; readonly kind: Kind }
  /** The list in a variable of this name, in capitals as text with colons. */
  | { readonly from: 'variable'; readonly name: string }
  /** The association that zsh's completion keeps under this name; or what the kind says of it. */
  | { readonly from: 'association'; readonly kind: Kind | null }
  | { readonly from: 'commands' | 'autoloads' | 'plugins' | 'catalog' | 'daemon' | 'history' | 'shells' };

export interface Target {
  readonly name: string;
  readonly source: Source;
  /** How a shell is told of it; null when it cannot be. */
  readonly section: Section | null;
}

const kind = (name: string, of: Kind, section: Section | null): Target => ({ name, source: { from: 'kind', kind: of }, section });
const variable = (name: string): Target => ({ name, source: { from: 'variable', name }, section: 'paths' });
const association = (name: string, of: Kind | null): Target => ({ name, source: { from: 'association', kind: of }, section: 'association' });
const own = (
  name: string,
  from: 'commands' | 'autoloads' | 'plugins' | 'catalog' | 'daemon' | 'history' | 'shells',
  section: Section | null = null,
): Target => ({
  name,
  source: { from },
  section,
});

const TARGETS: readonly Target[] = [
  kind('path', 'path', 'paths'),
  kind('fpath', 'fpath', 'paths'),
  kind('manpath', 'manpath', 'paths'),
  variable('infopath'),
  variable('cdpath'),
  variable('ld_library_path'),
  kind('named_dir', 'named_dir', 'named_dir'),
  kind('aliases', 'alias', 'alias'),
  kind('galiases', 'galias', 'galias'),
  kind('saliases', 'salias', 'salias'),
  kind('env', 'env', 'env'),
  kind('params', 'params', 'params'),
  kind('zstyle', 'zstyle', 'zstyle'),
  kind('bindkey', 'bindkey', 'bindkey'),
  kind('setopt', 'setopt', 'setopt'),
  kind('zmodload', 'zmodload', 'zmodload'),
  kind('compdef', 'compdef', 'compdef'),
  kind('functions', 'function', 'function'),
  kind('trap', 'trap', null),
  kind('sched', 'sched', null),
  kind('zle', 'zle', null),
  kind('completion', 'completion', null),
  kind('sourced', 'source', null),
  association('_comps', 'compdef'),
  association('_services', 'service'),
  association('_patcomps', 'patcomp'),
  association('_postpatcomps', 'postpatcomp'),
  association('_describe_handlers', null),
  own('command_hash', 'commands', 'command_hash'),
  own('autoload_table', 'autoloads', 'autoload'),
  own('plugins', 'plugins'),
  own('catalog', 'catalog'),
  own('daemon_state', 'daemon'),
  own('history', 'history'),
  own('shells', 'shells'),
];

/** Other words for a target, most of them the singular. */
const ALIASES: Readonly<Record<string, string>> = {
  alias: 'aliases',
  galias: 'galiases',
  salias: 'saliases',
  named_dirs: 'named_dir',
  param: 'params',
  zstyles: 'zstyle',
  bindkeys: 'bindkey',
  option: 'setopt',
  options: 'setopt',
  modules: 'zmodload',
  function: 'functions',
  traps: 'trap',
  source: 'sourced',
  plugin: 'plugins',
  entries: 'catalog',
  shell: 'shells',
};

/** What others that have these operations export under these names, and why there is nothing of it here. */
export const NOT_KEPT: Readonly<Record<string, string>> = {
  entry_stats: 'it does not count the calls of shell functions',
  theme: 'it has no themes',
  compiled_files: 'it compiles no scripts; zd export sourced tells which were read',
  script: 'it compiles no scripts; zd export sourced tells which were read',
  index: 'there is no index beside the definitions; zd export catalog has all of them',
  subscriptions: 'a subscription is part of the connection that made it; zd event stats counts them',
};

const byName = new Map(TARGETS.map((target) => [target.name, target]));

export const TARGET_NAMES: readonly string[] = ['all-state', ...byName.keys()];

/** In either number; undefined for what is none. */
export const findTarget = (name: string): Target | undefined => byName.get(Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name);

/**
 * The sections of a whole shell, in the order in which they are evaluated: options and global aliases last, because they change how the lines
 * behind them are read.
 */
export const ALL_STATE: readonly string[] = [
  'zmodload',
  'path',
  'fpath',
  'manpath',
  'named_dir',
  'env',
  'params',
  'zstyle',
  'bindkey',
  'compdef',
  'command_hash',
  'autoload_table',
  'functions',
  '_comps',
  '_services',
  '_patcomps',
  '_postpatcomps',
  '_describe_handlers',
  'aliases',
  'saliases',
  'setopt',
  'galiases',
];
