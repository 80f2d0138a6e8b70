import type { Clock } from '../../../kernel/clock';
import { ZdError } from '../../../kernel/error';
import type { Db } from '../../../storage/db';
import type { DefinitionService } from '../../definitions/service';
import type { SnapshotService } from '../../snapshot/service';
import type { CatalogService } from '../service';
import { readCatalog, writeCatalog, type RecordCodec } from './catalog_file';
import { placeOf } from './places';

export interface CatalogDeps {
  readonly db: Db;
  readonly definitions: DefinitionService;
  readonly snapshots: SnapshotService;
  readonly clock: Clock;
  readonly codec: RecordCodec;
  /** The data folder. */
  readonly data: string;
}

/** A catalogue that changes all the time is read without giving way in the end. */
const READ_IN_TURNS = 3;

/** The catalogue of definitions as a file of its own. */
export class Catalogs implements CatalogService {
  constructor(private readonly deps: CatalogDeps) {}

  async write(path: string): Promise<{ path: string; rows: number }> {
    const { definitions, codec, data } = this.deps;
    const file = placeOf(data, path, '/path');
    for (let tries = 0; tries < READ_IN_TURNS; tries++) {
      const before = definitions.changes();
      const rows = await writeCatalog(file, definitions.read(), codec, () => definitions.changes() === before);
      if (rows !== null) return { path: file, rows };
    }
    return { path: file, rows: (await writeCatalog(file, definitions.all(), codec, () => true))! };
  }

  async take(path: string, force: boolean): Promise<{ from: string; backup: string | null; rows: number; tables: number }> {
    const { db, definitions, snapshots, clock, codec, data } = this.deps;
    const file = placeOf(data, path, '/path');
    const { records, tables } = await readCatalog(file, codec);
    const filled = definitions.kinds().length > 0;
    if (filled && !force)
      throw new ZdError('conflict', 'There are definitions already.', { hint: 'Give force to replace them; a snapshot of them is saved first.' });
    const tag = `before-import-${new Date(clock.now()).toISOString().replace(/[:.]/g, '-')}`;
    const saved = filled ? await snapshots.save(tag, `before the import of ${file}`.slice(0, 4096), true) : null;
    const options = { shells: null, reason: 'import_catalog' };
    const { written } = await definitions.stage(records, (staged) => db.write(() => definitions.replaceAll(staged, options), 'full'));
    return { from: file, backup: saved?.path ?? null, rows: written, tables };
  }
}
