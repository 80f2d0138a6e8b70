import type { Exporter } from '../../areas/export/exporter';
import type { Archiver } from '../../areas/export/archive/archiver';
import type { ArchiveService, ExportService, Providers } from '../../areas/export/service';
import type { DefinitionService } from '../../areas/definitions/service';
import { version } from '../../version';
import type { Ground } from '../ground';
import { homeOf } from '../home';

/** Made when something is first exported: nothing of it runs in a daemon that never does. */
export function composeExports({ clock }: Ground, definitions: DefinitionService, providers: Providers): ExportService {
  let exporter: Promise<Exporter> | undefined;
  const made = () =>
    (exporter ??= import('../../areas/export/exporter').then(({ Exporter }) => new Exporter(definitions, clock, version, providers)));
  return { render: async (request) => (await made()).render(request) };
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
