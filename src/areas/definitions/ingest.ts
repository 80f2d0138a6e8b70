import { nanos } from '../../kernel/clock';
import { orderedEvents, type BundleInput } from './bundle';
import type { Changes } from './changes';
import type { Definitions } from './definitions';
import { applyEndState } from './end_state';
import { definitionEvent } from './events';
import { ShellFold } from './fold';
import { nextTurn } from './next_turn';
import { isCatalogKind, kindOf, numberOf, type Kind } from './kinds';
import { redacted, type Observation } from './observation';
import { DEFAULT_SHELL } from './schema';
import type { DefinitionRecord } from './service';
import type { StoredHead } from './table';

/** What became of the records of one kind. */
export interface KindChange {
  inserted: number;
  updated: number;
  unchanged: number;
  removed: number;
}

/** Events taken in before others get their turn. */
const STEP = 1000;

/** Makes a bundle the state of its shell, in one transaction together with the event that tells of it. */
export async function ingest(definitions: Definitions, bundle: BundleInput, begun: number, monotonic: () => number) {
  const events = await orderedEvents(bundle, definitions.limits().maxValueBytes);
  const shellId = bundle.shell_id ?? DEFAULT_SHELL;
  const setAt = definitions.now();
  let hidden = 0;
  const guard = (seen: Observation): Observation => {
    const safe = bundle.redact === true ? redacted(seen) : seen;
    if (safe !== seen) hidden++;
    return safe;
  };
  const folds = new Map([[shellId, new ShellFold(shellId, setAt)]]);
  for (const [at, event] of events.entries()) {
    const owner = event.shell_id ?? shellId;
    let fold = folds.get(owner);
    if (!fold) folds.set(owner, (fold = new ShellFold(owner, setAt)));
    fold.see(guard({ ...event, attrs: event.attrs ?? 0 }));
    if (at % STEP === STEP - 1) await nextTurn();
  }
  const main = folds.get(shellId)!;
  if (bundle.end_state) applyEndState(main, bundle.end_state, guard);
  const unknown = Object.fromEntries([...folds.values()].flatMap((fold) => [...fold.unknown()]));
  const origin = { cmdline: bundle.cmdline ?? null, zdotdir: bundle.zdotdir ?? null, home: bundle.home ?? null };
  const rule = bundle.replace ?? 'all';
  const others = [...folds].filter(([owner]) => owner !== shellId);
  /** The rest of the transaction in which the records of the shell come to hold. */
  const finish = (changes: Changes, tally: Tally) => {
    for (const [owner, fold] of others) apply(definitions, changes, fold, owner, 'named', tally);
    const { kinds } = tally;
    definitions.table.putBundle({
      shellId,
      startedAtNs: bundle.started_at_ns,
      finishedAtNs: bundle.finished_at_ns,
      ...origin,
      events: events.length,
      ingestedAt: setAt,
    });
    const result = {
      shell_id: shellId,
      events_ingested: events.length,
      rows_written: tally.written(),
      shard_path: '',
      started_at_ns: bundle.started_at_ns,
      finished_at_ns: bundle.finished_at_ns,
      generation: bundle.finished_at_ns,
      cmdline: origin.cmdline,
      set_at_ns: nanos(setAt),
      kinds: kinds as Record<string, KindChange>,
      unknown_kinds: unknown,
      redacted: hidden,
      elapsed_ms: Math.round(monotonic() - begun),
    };
    definitions.append(definitionEvent('recorder_ingested', { change: 'ingest', ...result }));
    return result;
  };
  if (definitions.rows(shellId) + main.size() > DIRECT_MOST)
    for (let tries = 0; tries < TRIES; tries++) {
      const done = await staged(definitions, main, shellId, rule, finish);
      if (done) return done;
    }
  return definitions.write((changes) => {
    const tally = new Tally();
    apply(definitions, changes, main, shellId, rule, tally);
    return finish(changes, tally);
  });
}

/** Records, those there and those to come, that one transaction may go through while everybody waits. */
const DIRECT_MOST = 1000;
/** Somebody else may write to the same shell meanwhile, and then it is done again. */
const TRIES = 3;

/** The same piece by piece: the records are written where nobody sees them, and a short transaction makes them hold. Null: others changed the shell meanwhile. */
function staged<T>(
  definitions: Definitions,
  fold: ShellFold,
  shellId: string,
  rule: Rule,
  finish: (changes: Changes, tally: Tally) => T,
): Promise<T | null> {
  const { staging } = definitions;
  return staging.alone(async () => {
    const version = definitions.version(shellId);
    const owner = await staging.begin(shellId);
    const stored = await staging.heads(shellId);
    const tally = new Tally();
    await staging.add(owner, merged(fold, stored, tally));
    const gone = removedBy(fold, rule);
    const kept: number[] = [];
    for (const [key, { id, kind }] of stored)
      if (gone(key, kindOf(kind))) tally.of(kindOf(kind)).removed++;
      else kept.push(id);
    await staging.copy(owner, kept);
    const ready = staging.ready(shellId, owner);
    return definitions.write((changes) => {
      if (definitions.version(shellId) !== version) return null;
      changes.replace([ready], [shellId]);
      return finish(changes, tally.copy());
    });
  });
}

/** How many records of each kind were written and removed. */
class Tally {
  readonly kinds: Partial<Record<Kind, KindChange>> = {};

  of(kind: Kind): KindChange {
    return (this.kinds[kind] ??= { inserted: 0, updated: 0, unchanged: 0, removed: 0 });
  }

  written(): number {
    return Object.values(this.kinds).reduce((sum, { inserted, updated, unchanged }) => sum + inserted + updated + unchanged, 0);
  }

  /** For a transaction, which may run twice. */
  copy(): Tally {
    const copy = new Tally();
    for (const [kind, change] of Object.entries(this.kinds)) copy.kinds[kind as Kind] = { ...change };
    return copy;
  }
}

const keyOf = ({ kind, name }: { readonly kind: Kind; readonly name: string }): string => `${numberOf(kind)} ${name}`;

/** What becomes of records the bundle does not speak of: `named` leaves them, as they are another shell's. */
type Rule = 'all' | 'touched' | 'named';

function apply(definitions: Definitions, changes: Changes, fold: ShellFold, shellId: string, rule: Rule, tally: Tally): void {
  const stored = new Map<string, StoredHead>();
  for (const head of definitions.table.heads(shellId)) stored.set(`${head.kind} ${head.name}`, head);
  const ids = new Map([...stored].map(([key, { id }]) => [key, id]));
  for (const record of merged(fold, stored, tally)) {
    const id = ids.get(keyOf(record));
    if (id === undefined) changes.insert(record);
    else changes.update(id, record);
  }
  const gone = removedBy(fold, rule);
  for (const [key, { id, kind: number }] of stored) {
    const kind = kindOf(number);
    if (!gone(key, kind)) continue;
    changes.drop(id, shellId, kind);
    tally.of(kind).removed++;
  }
}

/** What the fold has, compared with what is stored; of that, what the fold does not have is left. */
function* merged(fold: ShellFold, stored: Map<string, StoredHead>, tally: Tally): Generator<DefinitionRecord> {
  for (const record of fold.all()) {
    const key = keyOf(record);
    const head = stored.get(key);
    stored.delete(key);
    if (!head) tally.of(record.kind).inserted++;
    else if (isSame(head, record)) tally.of(record.kind).unchanged++;
    else tally.of(record.kind).updated++;
    // What did not change is as old as it was.
    yield head && isSame(head, record) ? { ...record, setAt: head.set_at } : record;
  }
}

/** Which records that the fold does not have go. */
function removedBy(fold: ShellFold, rule: Rule): (key: string, kind: Kind) => boolean {
  const touched = new Set(fold.kinds());
  const gone = new Set(fold.removed().map(([kind, name]) => keyOf({ kind, name })));
  return (key, kind) => isCatalogKind(kind) && (rule === 'all' || gone.has(key) || (rule === 'touched' && touched.has(kind)));
}

const isSame = (head: StoredHead, record: DefinitionRecord): boolean =>
  head.value === record.value &&
  head.attrs === record.attrs &&
  head.file === record.file &&
  head.line === record.line &&
  head.value_array === (record.valueArray && JSON.stringify(record.valueArray)) &&
  head.value_assoc === (record.valueAssoc && JSON.stringify(record.valueAssoc));
