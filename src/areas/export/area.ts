import type { Area } from '../../kernel/registry';
import { exportOp } from './export';
import { view } from './view';

export const exportArea: Area = {
  name: 'export',
  summary: 'What zd knows, as shell text, JSON, YAML, text, CSV, SQL or PDF; and everything zd keeps as one archive.',
  ops: [exportOp, view],
};
