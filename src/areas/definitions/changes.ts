import type { Kind } from './kinds';
import type { DefinitionRecord } from './service';
import type { Staged } from './staging';
import type { DefinitionTable } from './table';

/** What one transaction does to the records, and how many it adds to and takes from each shell and kind. */
export class Changes {
  inserted = 0;
  updated = 0;
  removed = 0;
  private readonly deltas = new Map<string, { readonly shellId: string; readonly kind: Kind; rows: number }>();
  private readonly touched = new Map<string, Set<Kind>>();

  constructor(private readonly table: DefinitionTable) {}

  put(record: DefinitionRecord): void {
    this.touch(record.shellId, record.kind);
    if (this.table.put(record)) {
      this.inserted++;
      this.delta(record.shellId, record.kind, 1);
    } else this.updated++;
  }

  /** For a record whose identity is known to be free. */
  insert(record: DefinitionRecord): void {
    this.touch(record.shellId, record.kind);
    this.table.insert(record);
    this.inserted++;
    this.delta(record.shellId, record.kind, 1);
  }

  update(id: number, record: DefinitionRecord): void {
    this.touch(record.shellId, record.kind);
    this.table.update(id, record);
    this.updated++;
  }

  drop(id: number, shellId: string, kind: Kind): void {
    this.touch(shellId, kind);
    this.table.drop(id);
    this.removed++;
    this.delta(shellId, kind, -1);
  }

  clear(shellId: string, kind: Kind): number {
    const gone = this.table.clear(shellId, kind);
    if (gone === 0) return 0;
    this.touch(shellId, kind);
    this.removed += gone;
    this.delta(shellId, kind, -gone);
    return gone;
  }

  /** Lets what was written under other names be all that these shells have, and nothing what the others of them have. `shells` null: all. */
  replace(staged: readonly Staged[], shells: readonly string[] | null): void {
    const owners = new Map(staged.map(({ shellId, owner }) => [shellId, owner]));
    const wanted = shells && new Set([...shells, ...owners.keys()]);
    for (const { shellId, kind, rows } of this.table.counts()) {
      if (wanted && !wanted.has(shellId)) continue;
      if (!owners.has(shellId)) owners.set(shellId, this.table.owners.fresh(shellId));
      this.touch(shellId, kind);
      this.removed += rows;
      this.delta(shellId, kind, -rows);
    }
    for (const { shellId, rows } of staged)
      for (const [kind, count] of rows) {
        this.touch(shellId, kind);
        this.inserted += count;
        this.delta(shellId, kind, count);
      }
    for (const [shellId, owner] of owners) this.table.owners.hold(shellId, owner);
  }

  /** Shells whose records these are. */
  shells = (): Iterable<string> => this.touched.keys();

  /** Records a shell has of a kind, these changes included. */
  rows(shellId: string, kind: Kind): number {
    const before = this.table.counts().find((each) => each.shellId === shellId && each.kind === kind)?.rows ?? 0;
    return before + (this.deltas.get(`${kind} ${shellId}`)?.rows ?? 0);
  }

  /** Writes the counts. Once, when all is done. */
  count(): void {
    for (const { shellId, kind, rows } of this.deltas.values()) this.table.count(shellId, kind, rows);
  }

  /** Whom and what it was about, for the event log. */
  told() {
    const { inserted, updated, removed } = this;
    const shells = [...this.touched.keys()].toSorted();
    const kinds = [...new Set([...this.touched.values()].flatMap((each) => [...each]))].toSorted();
    return { shell_id: shells.length === 1 ? shells[0]! : null, shells, kinds, inserted, updated, removed };
  }

  private delta(shellId: string, kind: Kind, rows: number): void {
    const key = `${kind} ${shellId}`;
    const delta = this.deltas.get(key);
    if (delta) delta.rows += rows;
    else this.deltas.set(key, { shellId, kind, rows });
  }

  private touch(shellId: string, kind: Kind): void {
    const kinds = this.touched.get(shellId);
    if (kinds) kinds.add(kind);
    else this.touched.set(shellId, new Set([kind]));
  }
}
