import type { Area } from '../../kernel/registry';
import { archiveRoute } from './archive_route';
import { exportOp } from './export';
import { exportAll } from './export_all';
import { exportCatalog } from './export_catalog';
import { importAll } from './import_all';
import { importCatalog } from './import_catalog';
import { view } from './view';

export const exportArea: Area = {
  name: 'export',
  summary: 'What zd knows, as shell text, JSON, YAML, text, CSV, SQL or PDF; and everything zd keeps as one archive.',
  ops: [exportOp, view, exportAll, importAll, exportCatalog, importCatalog],
  routes: [archiveRoute],
};
