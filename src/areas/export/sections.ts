import type { Item } from './item';
import { bash } from './shell/bash';
import type { Dialect } from './shell/dialect';
import { fish } from './shell/fish';
import { zsh } from './shell/zsh';
import type { Target } from './targets';

const DIALECTS: Readonly<Record<string, Dialect>> = { zsh, bash, fish };

/** The dialect by its name, or the one a shell's id means: a shell of another family is taken for zsh, which the catalogue is made after. */
export const dialectOf = (named: string | undefined, shellId: string): Dialect => DIALECTS[named ?? shellId] ?? zsh;

/** Shell text of one target; null when the dialect has nothing of the sort. */
export function script(target: Target, items: readonly Item[], dialect: Dialect, additive: boolean): string | null {
  if (target.section === null) return null;
  const lines = dialect.lines({ section: target.section, name: target.name, items, additive });
  return lines === null ? null : lines.map((line) => `${line}\n`).join('');
}
