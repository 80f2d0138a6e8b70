import { periodic } from '../../kernel/periodic';
import type { Db } from '../../storage/db';
import type { Kind } from './kinds';
import type { DefinitionRecord } from './service';
import type { DefinitionTable, StoredHead } from './table';

/** Rows written, copied or removed in one transaction: a few milliseconds. */
const PIECE = 500;
/** Rows read at once. */
const READ = 2000;
const SWEEP_EVERY_MS = 60_000;

/** Records that are written, and hold for nobody yet. */
export interface Staged {
  readonly shellId: string;
  readonly owner: string;
  readonly rows: ReadonlyMap<Kind, number>;
}

/**
 * Writes many records without keeping anybody waiting: piece by piece under a name that nobody sees, until a short transaction makes them
 * what their shell has. What was replaced is removed piece by piece as well. Of what a crash interrupts nothing holds.
 */
export class Staging {
  /** Removes what a crash or a failure left behind, for the supervisor. */
  readonly part = periodic('definitions_sweep', SWEEP_EVERY_MS, async () => this.clean());
  private sweeping = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: Db,
    private readonly table: DefinitionTable,
  ) {}

  /** One at a time, so that what is swept is what nobody is writing. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.last;
    const done = before.then(work);
    this.last = done.then(
      () => {},
      () => {},
    );
    try {
      return await done;
    } finally {
      this.clean();
    }
  }

  /** Only within `alone`, like the others. */
  begin(shellId: string): Promise<string> {
    return this.db.write(() => this.table.owners.fresh(shellId), 'normal');
  }

  /** Of two records of one identity the later one counts. */
  async add(owner: string, records: Iterable<DefinitionRecord>): Promise<void> {
    const write = (piece: readonly DefinitionRecord[]) =>
      this.db.write(() => {
        for (const record of piece) this.table.insertUnder(owner, record);
      }, 'normal');
    for (const piece of pieces(records)) await write(piece);
  }

  /** Adds rows that are there, as they are. */
  async copy(owner: string, ids: readonly number[]): Promise<void> {
    for (let from = 0; from < ids.length; from += PIECE)
      await this.db.write(() => this.table.copyUnder(owner, ids.slice(from, from + PIECE)), 'normal');
  }

  /** Every record of a shell, by kind and name. */
  async heads(shellId: string): Promise<Map<string, StoredHead>> {
    const found = new Map<string, StoredHead>();
    const owner = this.table.owners.of(shellId);
    for (let after: StoredHead | null = null; ;) {
      const heads: StoredHead[] = this.table.headsAfter(owner, after, READ);
      for (const head of heads) found.set(`${head.kind} ${head.name}`, head);
      if (heads.length < READ) return found;
      after = heads.at(-1)!;
      await new Promise(setImmediate);
    }
  }

  ready(shellId: string, owner: string): Staged {
    return { shellId, owner, rows: this.table.countsUnder(owner) };
  }

  /** Writes records of any shells, then does something with them that makes them hold. */
  stage<T>(records: Iterable<DefinitionRecord>, use: (staged: readonly Staged[]) => Promise<T>): Promise<T> {
    return this.alone(async () => {
      const owners = new Map<string, string>();
      for (const piece of pieces(records)) {
        for (const shellId of new Set(piece.map((record) => record.shellId)))
          if (!owners.has(shellId)) owners.set(shellId, await this.begin(shellId));
        await this.db.write(() => {
          for (const record of piece) this.table.insertUnder(owners.get(record.shellId)!, record);
        }, 'normal');
      }
      return use([...owners].map(([shellId, owner]) => this.ready(shellId, owner)));
    });
  }

  /** Nobody waits for it. What it cannot do now the part tries again. */
  private clean(): void {
    if (this.sweeping) return;
    this.sweeping = true;
    void this.sweep()
      .catch(() => {})
      .finally(() => (this.sweeping = false));
  }

  private async sweep(): Promise<void> {
    while (this.table.owners.anyHidden()) {
      const before = this.last;
      const round = before.then(() => this.db.write(() => this.table.owners.sweep(PIECE), 'normal'));
      this.last = round.then(
        () => {},
        () => {},
      );
      await round;
    }
  }
}

function* pieces(records: Iterable<DefinitionRecord>): Generator<DefinitionRecord[]> {
  let piece: DefinitionRecord[] = [];
  for (const record of records) {
    piece.push(record);
    if (piece.length < PIECE) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
