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
  return definitions.write((changes) => {
    const kinds: Partial<Record<Kind, KindChange>> = {};
    const of = (kind: Kind): KindChange => (kinds[kind] ??= { inserted: 0, updated: 0, unchanged: 0, removed: 0 });
    for (const [owner, fold] of folds) apply(definitions, changes, fold, owner, owner === shellId ? (bundle.replace ?? 'all') : 'named', of);
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
      rows_written: changes.inserted + changes.updated,
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
  });
}

const keyOf = ({ kind, name }: { readonly kind: Kind; readonly name: string }): string => `${numberOf(kind)} ${name}`;

/** What becomes of records the bundle does not speak of: `named` leaves them, as they are another shell's. */
type Rule = 'all' | 'touched' | 'named';

function apply(definitions: Definitions, changes: Changes, fold: ShellFold, shellId: string, rule: Rule, of: (kind: Kind) => KindChange): void {
  const touched = new Set(fold.kinds());
  const stored = new Map<string, StoredHead>();
  for (const head of definitions.table.heads(shellId)) stored.set(`${head.kind} ${head.name}`, head);
  for (const record of fold.all()) {
    const key = keyOf(record);
    const head = stored.get(key);
    if (!head) {
      changes.insert(record);
      of(record.kind).inserted++;
      continue;
    }
    stored.delete(key);
    const same = isSame(head, record);
    // What did not change is as old as it was.
    changes.update(head.id, same ? { ...record, setAt: head.set_at } : record);
    if (same) of(record.kind).unchanged++;
    else of(record.kind).updated++;
  }
  const gone = new Set(fold.removed().map(([kind, name]) => keyOf({ kind, name })));
  for (const [key, { id, kind: number }] of stored) {
    const kind = kindOf(number);
    if (!isCatalogKind(kind)) continue;
    if (rule === 'all' || gone.has(key) || (rule === 'touched' && touched.has(kind))) {
      changes.drop(id, shellId, kind);
      of(kind).removed++;
    }
  }
}

const isSame = (head: StoredHead, record: DefinitionRecord): boolean =>
  head.value === record.value &&
  head.attrs === record.attrs &&
  head.file === record.file &&
  head.line === record.line &&
  head.value_array === (record.valueArray && JSON.stringify(record.valueArray)) &&
  head.value_assoc === (record.valueAssoc && JSON.stringify(record.valueAssoc));
