import type { Area } from '../../kernel/registry';
import { archiveRoute } from './archive_route';
import { exportOp } from './export';
import { exportAll } from './export_all';
import { importAll } from './import_all';
import { view } from './view';

export const exportArea: Area = {
  name: 'export',
  summary: 'What zd knows, as shell text, JSON, YAML, text, CSV, SQL or PDF; and everything zd keeps as one archive.',
  ops: [exportOp, view, exportAll, importAll],
  routes: [archiveRoute],
};
