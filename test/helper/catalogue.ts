import fc from 'fast-check';
import { isKind, numberOf, placeOf, kindOf } from '../../src/areas/definitions/kinds';
import { Definitions } from '../../src/areas/definitions/definitions';
import type { DefinitionRecord } from '../../src/areas/definitions/service';
import { EventLog } from '../../src/areas/event/log';
import { SigningKey } from '../../src/areas/snapshot/keys';
import { Snapshots } from '../../src/areas/snapshot/snapshots';
import { SnapshotStore } from '../../src/areas/snapshot/store';
import { systemClock } from '../../src/kernel/clock';
import { createLogger } from '../../src/kernel/log';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { ROOMY } from './event_rig';
import { tempHome } from './daemon';

const KINDS = Array.from({ length: 27 }, (_, number) => kindOf(number));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', 'a', 'git status', '\u0000\u001f', '☃', 'x'.repeat(2000), '\n', '"\\'),
);
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const wellFormed = text.map((each) => each.toWellFormed());

/** Any definition of any kind and shell. */
export const record: fc.Arbitrary<DefinitionRecord> = fc.record({
  shellId: fc.constantFrom('zshrs', 'zsh', 'bash', 'fish', 'editor:helix', 'x'),
  kind: fc.constantFrom(...KINDS),
  name: fc.oneof(wellFormed, fc.constantFrom('0', '1', '10', '2', '0:*', '11:menu', 'gs')),
  value: nullable(wellFormed),
  json: fc.boolean(),
  valueArray: nullable(fc.array(wellFormed, { maxLength: 3 })),
  valueAssoc: nullable(fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 3 })),
  attrs: fc.integer({ min: 0, max: 0xffff }),
  file: nullable(wellFormed),
  line: nullable(fc.integer({ min: 0, max: 0xffff_ffff })),
  fnChain: nullable(wellFormed),
  history: fc.array(
    fc.record({ value: nullable(wellFormed), file: nullable(wellFormed), line: nullable(fc.nat()), fn_chain: nullable(wellFormed) }),
    { maxLength: 3 },
  ),
  orderIdx: nullable(fc.nat()),
  tsNs: nullable(fc.integer({ min: 0, max: 1_800_000_000 }).map((secs) => secs * 1_000_000_000)),
  setAt: fc.nat(),
  setByShell: nullable(fc.nat()),
});
const identity = ({ shellId, kind, name }: DefinitionRecord) => `${kind}\0${shellId}\0${name}`;
export const catalogue = fc.uniqueArray(record, { maxLength: 30, selector: identity });

/** A catalogue and its snapshots on a database of their own. */
export function catalogueRig() {
  const folder = tempHome();
  const db = new Db(`${folder}/zd.db`, { migrations: zdMigrations, durability: 'full' });
  const log = createLogger({ write: () => {} }, () => 'error');
  const events = new EventLog(db, systemClock, log, () => ROOMY);
  const definitions = new Definitions(
    db,
    systemClock,
    events,
    () => ({ maxRecords: 1_000_000, maxValueBytes: 1 << 20, maxShells: 1000 }),
    async function* () {},
  );
  const store = new SnapshotStore(`${folder}/snapshots`);
  const key = new SigningKey(`${folder}/snapshot-signing.key`);
  const registry = { where: '', token: '' };
  const deps = {
    db,
    definitions,
    order: { isKind, numberOf, placeOf },
    events,
    clock: systemClock,
    store,
    key,
    version: 'test',
    registry: () => registry,
  };
  const snapshots = new Snapshots(deps);
  const fill = (records: readonly DefinitionRecord[]) =>
    definitions.stage(records, (staged) => db.write(() => definitions.replaceAll(staged, { shells: null, reason: 'test' }), 'full'));
  return { folder, db, definitions, snapshots, store, key, registry, fill, all: () => [...definitions.all()] };
}
