import { isKind, numberOf, placeOf } from '../../areas/definitions/kinds';
import type { DefinitionService } from '../../areas/definitions/service';
import type { SnapshotService } from '../../areas/snapshot/service';
import type { Snapshots } from '../../areas/snapshot/snapshots';
import { version } from '../../version';
import type { Ground } from '../ground';

/** Made at the first use: keys, compression and comparison are nothing a start has to load. */
export function composeSnapshots({ zdDb, events, clock, config, paths }: Ground, definitions: DefinitionService): SnapshotService {
  let made: Promise<Snapshots> | undefined;
  const make = async (): Promise<Snapshots> => {
    const [{ Snapshots }, { SnapshotStore }, { SigningKey }] = await Promise.all([
      import('../../areas/snapshot/snapshots'),
      import('../../areas/snapshot/store'),
      import('../../areas/snapshot/keys'),
    ]);
    return new Snapshots({
      ...{ db: zdDb, definitions, events, clock, version, order: { isKind, numberOf, placeOf } },
      store: new SnapshotStore(paths.snapshots),
      key: new SigningKey(paths.snapshotKey),
      registry: () => ({ where: config.value('snapshot.registry'), token: config.value('snapshot.registry_token') }),
    });
  };
  const snapshots = (): Promise<Snapshots> => (made ??= make());
  return {
    save: async (...args) => (await snapshots()).save(...args),
    list: async () => (await snapshots()).list(),
    load: async (...args) => (await snapshots()).load(...args),
    compare: async (...args) => (await snapshots()).compare(...args),
    remove: async (...args) => (await snapshots()).remove(...args),
    publicKey: async () => (await snapshots()).publicKey(),
    sign: async (...args) => (await snapshots()).sign(...args),
    verify: async (...args) => (await snapshots()).verify(...args),
    publish: async (...args) => (await snapshots()).publish(...args),
    pull: async (...args) => (await snapshots()).pull(...args),
  };
}
