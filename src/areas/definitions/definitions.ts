import type { Clock } from '../../kernel/clock';
import type { EventDraft, EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import { Changes } from './changes';
import { Emitter } from './emitter';
import { definitionEvent } from './events';
import type { Kind } from './kinds';
import { Listeners, type OpenFeed } from './listeners';
import { recordOf } from './row';
import { Scan } from './scan';
import type { BundleOrigin, DefinitionFilter, DefinitionPage, DefinitionRecord, DefinitionService, Place, Restored } from './service';
import { Staging, type Staged } from './staging';
import { DefinitionTable } from './table';

/** Read anew at each use, so a changed setting holds at once. */
export interface DefinitionLimits {
  readonly maxRecords: number;
  readonly maxShells: number;
  readonly maxValueBytes: number;
}

/** Records that are fetched at once by `read`. */
const READ_PAGE = 1000;

export class Definitions implements DefinitionService {
  readonly table: DefinitionTable;
  readonly emitter = new Emitter(this);
  readonly listeners: Listeners;
  readonly staging: Staging;
  private readonly scan: Scan;
  private changed = 0;
  private readonly versions = new Map<string, number>();

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly events: Pick<EventService, 'append'>,
    readonly limits: () => DefinitionLimits,
    feed: OpenFeed,
  ) {
    this.listeners = new Listeners(feed);
    this.table = new DefinitionTable(db);
    this.scan = new Scan(this.table, () => this.changed);
    this.staging = new Staging(db, this.table);
  }

  kinds(): { kind: Kind; rows: number }[] {
    const sums = new Map<Kind, number>();
    for (const { kind, rows } of this.table.counts()) sums.set(kind, (sums.get(kind) ?? 0) + rows);
    return [...sums].map(([kind, rows]) => ({ kind, rows }));
  }

  shells(): { shellId: string; rows: number; bundle: BundleOrigin | null }[] {
    const found = new Map<string, { shellId: string; rows: number; bundle: BundleOrigin | null }>();
    const of = (shellId: string) => {
      const shell = found.get(shellId) ?? { shellId, rows: 0, bundle: null };
      found.set(shellId, shell);
      return shell;
    };
    for (const { shellId, rows } of this.table.counts()) of(shellId).rows += rows;
    for (const bundle of this.table.bundles()) of(bundle.shellId).bundle = bundle;
    return [...found.values()].toSorted((a, b) => (a.shellId < b.shellId ? -1 : 1));
  }

  changes(): number {
    return this.changed;
  }

  /** Records of a shell. */
  rows(shellId: string): number {
    return this.table.counts().reduce((sum, each) => sum + (each.shellId === shellId ? each.rows : 0), 0);
  }

  /** Grows with every write to the records of a shell. */
  version(shellId: string): number {
    return this.versions.get(shellId) ?? 0;
  }

  get(shellId: string, kind: Kind, name: string): DefinitionRecord | null {
    const row = this.table.find(shellId, kind, name);
    return row && recordOf(row);
  }

  page(filter: DefinitionFilter, limit: number, after: Place | null = null, signal?: AbortSignal): Promise<DefinitionPage> {
    return this.scan.page(filter, limit, after, signal);
  }

  count(filter: DefinitionFilter, signal?: AbortSignal): Promise<number> {
    return this.scan.count(filter, signal);
  }

  async *read(filter: DefinitionFilter = {}, signal?: AbortSignal): AsyncGenerator<DefinitionRecord> {
    for (let after: Place | null = null; ;) {
      const { records, next }: DefinitionPage = await this.scan.page(filter, READ_PAGE, after, signal);
      yield* records;
      if (next === null) return;
      after = next;
    }
  }

  all(filter: Pick<DefinitionFilter, 'shellId' | 'kind'> = {}): Generator<DefinitionRecord> {
    return this.scan.all(filter);
  }

  stage<T>(records: Iterable<DefinitionRecord>, use: (staged: readonly Staged[]) => Promise<T>): Promise<T> {
    return this.staging.stage(records, use);
  }

  replaceAll(staged: readonly Staged[], { shells, reason }: { shells: readonly string[] | null; reason: string }): Restored {
    const changes = new Changes(this.table);
    changes.replace(staged, shells);
    // They told of what is gone now.
    this.table.dropBundles(shells);
    return this.told(changes, changes.inserted, reason);
  }

  importAll(records: Iterable<DefinitionRecord>, { reason }: { reason: string }): Restored {
    const changes = new Changes(this.table);
    let written = 0;
    for (const record of records) {
      changes.put(record);
      written++;
    }
    return this.told(changes, written, reason);
  }

  private told(changes: Changes, written: number, reason: string): Restored {
    this.finish(changes);
    this.events.append(definitionEvent('canonical_changed', { change: reason, ...changes.told() }));
    return { removed: changes.removed, written };
  }

  restoreBundles(bundles: Iterable<BundleOrigin>): void {
    for (const bundle of bundles) this.table.putBundle(bundle);
  }

  /** Adds an event to the write that is under way. */
  append(draft: EventDraft): void {
    this.events.append(draft);
  }

  now(): number {
    return this.clock.now();
  }

  /** Brings the counts up to date, and refuses what is too much. Inside the write. */
  finish(changes: Changes): void {
    this.changed++;
    for (const shell of changes.shells()) this.versions.set(shell, this.version(shell) + 1);
    changes.count();
    if (changes.inserted === 0) return;
    const { maxRecords, maxShells } = this.limits();
    const { rows, shells } = this.table.total();
    if (rows > maxRecords && changes.inserted > changes.removed) throw exceeded('definitions', 'definitions.max_records', maxRecords);
    if (shells > maxShells) throw exceeded('shells with definitions', 'definitions.max_shells', maxShells);
  }

  /** One durable transaction. `work` follows the rules of `Db.write`. */
  write<T>(work: (changes: Changes) => T): Promise<T> {
    return this.db.write(() => {
      const changes = new Changes(this.table);
      const value = work(changes);
      this.finish(changes);
      return value;
    }, 'full');
  }
}

const exceeded = (what: string, setting: string, limit: number): ZdError =>
  new ZdError('quota_exceeded', `There would be more than ${limit} ${what} (${setting}).`, { extra: { limit } });
