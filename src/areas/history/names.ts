/** What a name means to the shells, beside what is run. */
export type NameKind = 'alias' | 'galias' | 'function' | 'builtin';

/** What the shells define; handed in by whoever knows. */
export interface KnownNames {
  kindOf(name: string): NameKind | null;
  /** Names that may stand where a command stands, in the order in which they are to be offered. */
  beginningWith(prefix: string, limit: number): readonly string[];
  /** What completes the arguments of commands whose name begins so. */
  handlers(prefix: string, limit: number): readonly { readonly command: string; readonly handler: string }[];
}

/** Nobody told of any definition. */
export const NO_NAMES: KnownNames = { kindOf: () => null, beginningWith: () => [], handlers: () => [] };
