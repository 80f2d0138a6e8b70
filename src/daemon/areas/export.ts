import type { Exporter } from '../../areas/export/exporter';
import type { Archiver } from '../../areas/export/archive/archiver';
import type { Catalogs } from '../../areas/export/archive/catalogs';
import { isKind } from '../../areas/definitions/kinds';
import type { DefinitionService } from '../../areas/definitions/service';
import type { SnapshotService } from '../../areas/snapshot/service';
import type { ArchiveService, CatalogService, ExportService } from '../../areas/export/service';
import type { Services } from '../../kernel/context';
import { version } from '../../version';
import type { Ground } from '../ground';
import { homeOf } from '../home';

/** Made when something is first exported: nothing of it runs in a daemon that never does. */
export function composeExports({ clock }: Ground, from: Pick<Services, 'definitions' | 'history' | 'shells'>): ExportService {
  let exporter: Promise<Exporter> | undefined;
  const make = async (): Promise<Exporter> => {
    const [{ Exporter }, { historyLines, shellTable }] = await Promise.all([
      import('../../areas/export/exporter'),
      import('../../areas/export/providers'),
    ]);
    return new Exporter(from.definitions, clock, version, {
      history: (limit, filter, since) => historyLines(from.history, limit, filter, since),
      shells: () => shellTable(from.shells, clock.now()),
    });
  };
  return { render: async (request) => (await (exporter ??= make())).render(request) };
}

export function composeArchives({ zdDb, cacheDb, clock, paths }: Ground): ArchiveService {
  let archiver: Promise<Archiver> | undefined;
  const deps = { home: homeOf(paths), databases: { 'zd.db': zdDb, 'cache.db': cacheDb }, clock, version };
  const made = () => (archiver ??= import('../../areas/export/archive/archiver').then(({ Archiver }) => new Archiver(deps)));
  return {
    async *stream(withKeys) {
      yield* (await made()).stream(withKeys);
    },
    write: async (out, withKeys) => (await made()).write(out, withKeys),
    stage: async (path) => (await made()).stage(path),
  };
}

export function composeCatalogs({ zdDb, clock, paths }: Ground, definitions: DefinitionService, snapshots: SnapshotService): CatalogService {
  let catalogs: Promise<Catalogs> | undefined;
  const make = async (): Promise<Catalogs> => {
    const [{ Catalogs }, { lineOf, recordOf }] = await Promise.all([
      import('../../areas/export/archive/catalogs'),
      import('../../areas/snapshot/row'),
    ]);
    const codec = { encode: lineOf, decode: (line: unknown) => recordOf(line, isKind) };
    return new Catalogs({ db: zdDb, definitions, snapshots, clock, codec, data: paths.dataDir });
  };
  const made = () => (catalogs ??= make());
  return {
    write: async (path) => (await made()).write(path),
    take: async (path, force) => (await made()).take(path, force),
  };
}
