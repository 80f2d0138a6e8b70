import { numberOf, type Kind } from './kinds';
import { VISIBLE } from './owners';
import type { DefinitionTable } from './table';

/** Kinds whose names stand where a command stands; a later one hides nothing of an earlier one, as the shells have it. */
const COMMANDS = ['alias', 'galias', 'function', 'function_autoload'] as const satisfies readonly Kind[];
/** Behind every name that begins so, in bytes. */
const END = '\u{10ffff}';

const NAMED = `SELECT 1 AS found FROM definition WHERE kind = ? AND ord = 0 AND name = ? AND ${VISIBLE} LIMIT 1`;
const PREFIXED = `SELECT DISTINCT name FROM definition WHERE kind = ? AND ord = 0 AND name >= ? AND name < ? AND ${VISIBLE} ORDER BY name LIMIT ?`;
const HANDLED = `SELECT DISTINCT name, value FROM definition WHERE kind = ? AND ord = 0 AND name >= ? AND name < ? AND ${VISIBLE} ORDER BY name LIMIT ?`;

/** What the shells define, as completion asks for it. */
export class DefinedNames {
  constructor(private readonly table: DefinitionTable) {}

  kindOf(name: string): 'alias' | 'galias' | 'function' | null {
    const kind = COMMANDS.find((each) => this.table.row(NAMED, numberOf(each), name) !== null);
    return kind === 'function_autoload' ? 'function' : (kind ?? null);
  }

  /** By kind, then by name. */
  beginningWith(prefix: string, limit: number): readonly string[] {
    const names = new Set<string>();
    for (const kind of COMMANDS)
      for (const { name } of this.table.rows<{ name: string }>(PREFIXED, numberOf(kind), prefix, prefix + END, limit)) names.add(name);
    return [...names].slice(0, limit);
  }

  handlers(prefix: string, limit: number): readonly { readonly command: string; readonly handler: string }[] {
    return this.table
      .rows<{ name: string; value: string | null }>(HANDLED, numberOf('compdef'), prefix, prefix + END, limit)
      .flatMap(({ name, value }) => (value === null ? [] : [{ command: name, handler: value }]));
  }
}
