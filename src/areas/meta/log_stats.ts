import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

export const logStats = defineOp({
  name: 'log_stats',
  summary: 'Size and lines of the log files, the level and the limits in force.',
  scope: 'meta.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    files: t.Array(strict({ name: t.String(), bytes: t.Integer(), lines: t.Integer() })),
    total_bytes: t.Integer(),
    total_lines: t.Integer(),
    level: t.String(),
    max_bytes: t.Integer(),
    max_files: t.Integer(),
  }),
  errors: [],
  cli: { path: ['log', 'stats'], table: { rows: 'files', columns: ['name', 'bytes', 'lines'] } },
  example: {},
  handle: async ({ logFiles, config }) => {
    const files = [...(await logFiles.stats())];
    return {
      files,
      total_bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      total_lines: files.reduce((sum, file) => sum + file.lines, 0),
      level: config.get('log.level').value,
      max_bytes: Number(config.get('log.max_bytes').value),
      max_files: Number(config.get('log.max_files').value),
    };
  },
});
