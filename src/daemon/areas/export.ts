import type { Exporter } from '../../areas/export/exporter';
import type { ExportService, Providers } from '../../areas/export/service';
import type { DefinitionService } from '../../areas/definitions/service';
import { version } from '../../version';
import type { Ground } from '../ground';

/** Made when something is first exported: nothing of it runs in a daemon that never does. */
export function composeExports({ clock }: Ground, definitions: DefinitionService, providers: Providers): ExportService {
  let exporter: Promise<Exporter> | undefined;
  const made = () =>
    (exporter ??= import('../../areas/export/exporter').then(({ Exporter }) => new Exporter(definitions, clock, version, providers)));
  return { render: async (request) => (await made()).render(request) };
}
