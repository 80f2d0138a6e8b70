import { nanos } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Changes } from './changes';
import type { Definitions } from './definitions';
import { definitionEvent } from './events';
import { CATALOG_KINDS, placeOf, type Kind } from './kinds';
import { entryOf, meaningOf, recordFor, type Observation } from './observation';

export interface Emitted {
  readonly kind: string;
  readonly wrote: number;
  readonly removed: number;
}

interface Item {
  readonly shellId: string;
  readonly seen: Observation;
}

interface Group {
  items: Item[];
  /** Closed when its write begins: what comes then belongs to the next one. */
  open: boolean;
  done: Promise<readonly Emitted[]>;
}

/** Records that one event names one by one; of more it tells the number. */
const NAMED = 100;

/** Single records. Those of one turn are one transaction and, per shell, one event. */
export class Emitter {
  private group: Group | null = null;

  constructor(private readonly definitions: Definitions) {}

  async emit(shellId: string, seen: Observation): Promise<Emitted> {
    if (meaningOf(seen).does === 'unknown') throw noSuchKind(seen.kind);
    const item = { shellId, seen };
    const group = this.group?.open ? this.group : (this.group = this.begin([], true));
    const at = group.items.push(item) - 1;
    try {
      return (await group.done)[at]!;
    } catch (error) {
      // Which of them was one too many shows when each is tried by itself.
      if (group.items.length === 1 || !(error instanceof ZdError) || error.code !== 'quota_exceeded') throw error;
      return (await this.begin([item], false).done)[0]!;
    }
  }

  private begin(items: Item[], open: boolean): Group {
    const group: Group = { items, open, done: Promise.resolve([]) };
    group.done = this.definitions.write((changes) => {
      group.open = false;
      const setAt = this.definitions.now();
      const done = group.items.map(({ shellId, seen }) => this.apply(changes, shellId, seen, setAt));
      for (const shellId of new Set(group.items.map((item) => item.shellId))) this.tell(shellId, group.items, done, setAt);
      return done;
    });
    return group;
  }

  private apply(changes: Changes, shellId: string, seen: Observation, setAt: number): Emitted {
    const meaning = meaningOf(seen);
    switch (meaning.does) {
      case 'set':
        for (const kind of meaning.kinds) changes.put(recordFor(shellId, kind, seen.name, seen, setAt));
        return { kind: meaning.kinds[0]!, wrote: meaning.kinds.length, removed: 0 };
      case 'append':
        return { kind: meaning.kind, wrote: this.append(changes, shellId, meaning.kind, seen, setAt), removed: 0 };
      case 'remove': {
        const found = meaning.kinds.map((kind) => ({ kind, row: this.definitions.table.find(shellId, kind, seen.name) }));
        for (const { kind, row } of found) if (row) changes.drop(row.id, shellId, kind);
        return { kind: seen.kind, wrote: 0, removed: found.filter(({ row }) => row).length };
      }
      case 'unknown':
        throw noSuchKind(seen.kind);
    }
  }

  /** An entry that the list has already is not added once more, so that the same emit twice is one. */
  private append(changes: Changes, shellId: string, kind: Kind, seen: Observation, setAt: number): number {
    const entry = entryOf(kind, seen);
    let next = 0;
    for (const { name, value } of this.definitions.all({ shellId, kind })) {
      const place = placeOf(kind, name);
      if (entry.name(place) === name && value === entry.value) return 0;
      next = Math.max(next, place + 1);
    }
    changes.put(recordFor(shellId, kind, entry.name(next), { ...seen, kind, value: entry.value }, setAt));
    return 1;
  }

  private tell(shellId: string, items: readonly Item[], done: readonly Emitted[], setAt: number): void {
    const own = items.flatMap((item, at) => (item.shellId === shellId ? [{ seen: item.seen, done: done[at]! }] : []));
    const data = {
      change: 'emit',
      shell_id: shellId,
      events_ingested: own.length,
      rows_written: own.reduce((sum, each) => sum + each.done.wrote, 0),
      rows_removed: own.reduce((sum, each) => sum + each.done.removed, 0),
      set_at_ns: nanos(setAt),
      records: own.slice(0, NAMED).map(({ seen, done: { kind } }) => ({ kind, name: seen.name, file: seen.file ?? null, line: seen.line ?? null })),
    };
    this.definitions.append(definitionEvent('definitions_emitted', data));
  }
}

export const noSuchKind = (kind: string): ZdError =>
  new ZdError('no_such_kind', `There is no kind ${JSON.stringify(kind)}. The kinds are ${CATALOG_KINDS.join(', ')}.`, { path: '/kind' });
