import type { DefinitionTable } from './table';

/** Stands behind the name of the shell; lower than every character a shell may have in its name, so owners are in the order of their shells. */
const MARK = '\u0001';
/** Behind a shell's name: after everything the shell may own, and before the next shell. */
export const AFTER_SHELL = '\u0002';

/** What holds of the rows of all shells. */
export const VISIBLE = 'shell_id NOT IN (SELECT owner FROM definition_hidden)';

export function shellOf(owner: string): string {
  const at = owner.indexOf(MARK);
  return at === -1 ? owner : owner.slice(0, at);
}

/** Under which names the shells' records lie. What changes something is for inside a write. */
export class Owners {
  private readonly known = new Map<string, string>();

  constructor(private readonly table: DefinitionTable) {}

  of(shellId: string): string {
    let owner = this.known.get(shellId);
    if (owner === undefined) {
      owner = this.table.row<{ owner: string }>('SELECT owner FROM definition_owner WHERE shell_id = ?', shellId)?.owner ?? shellId;
      this.known.set(shellId, owner);
    }
    return owner;
  }

  /** What was noted in a transaction that was taken back is not so. */
  forget(): void {
    this.known.clear();
  }

  /** A name nobody uses, whose records nobody sees. */
  fresh(shellId: string): string {
    for (let number = 1; ; number++) {
      const owner = `${shellId}${MARK}${number}`;
      const taken = 'SELECT 1 FROM definition_hidden WHERE owner = ? UNION ALL SELECT 1 FROM definition_owner WHERE owner = ?';
      if (this.table.row(taken, owner, owner) !== null) continue;
      this.table.run('INSERT INTO definition_hidden VALUES (?)', owner);
      return owner;
    }
  }

  /** From here on what lies under this name is what the shell has, and all of it. */
  hold(shellId: string, owner: string): void {
    this.table.run('INSERT INTO definition_hidden VALUES (?)', this.of(shellId));
    this.table.run('DELETE FROM definition_hidden WHERE owner = ?', owner);
    this.table.run('INSERT OR REPLACE INTO definition_owner VALUES (?, ?)', shellId, owner);
    this.known.set(shellId, owner);
  }

  anyHidden = (): boolean => this.table.row('SELECT 1 FROM definition_hidden LIMIT 1') !== null;

  /** Removes so many rows that hold for nobody; false when none is left. */
  sweep(rows: number): boolean {
    const hidden = this.table.row<{ owner: string }>('SELECT owner FROM definition_hidden LIMIT 1');
    if (!hidden) return false;
    const gone = this.table.run('DELETE FROM definition WHERE id IN (SELECT id FROM definition WHERE shell_id = ? LIMIT ?)', hidden.owner, rows);
    if (gone < rows) this.table.run('DELETE FROM definition_hidden WHERE owner = ?', hidden.owner);
    return true;
  }
}
