import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { jsonOf, subsystemOf } from './canonical';
import { decodeCursor, encodeCursor } from './cursor';
import { DEFAULT_SHELL, ShellId } from './schema';
import './service';

export const pullCanonical = defineOp({
  name: 'pull_canonical',
  summary: 'Read the rows of one subsystem of the catalogue, lists in their order.',
  scope: 'import.read',
  effect: 'read',
  input: strict({
    subsystem: t.String({ minLength: 1, maxLength: 64 }),
    shell_id: t.Optional({ ...ShellId, default: DEFAULT_SHELL }),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 100_000, default: 100_000 })),
    cursor: t.Optional(t.String({ minLength: 1, maxLength: 40_000 })),
  }),
  output: strict({
    subsystem: t.String(),
    shell_id: t.String(),
    rows: t.Array(strict({ key: t.String(), value: t.String({ description: 'JSON text.' }), set_at_ns: Nanos, set_by_shell: nullable(t.Integer()) })),
    count: t.Integer(),
    truncated: t.Boolean(),
    next_cursor: nullable(t.String()),
  }),
  errors: ['bad_subsystem'],
  cli: { path: ['definitions', 'pull'], positional: ['subsystem'], table: { rows: 'rows', columns: ['key', 'value'] } },
  example: { subsystem: 'alias' },
  handle: async ({ definitions }, { subsystem, shell_id = DEFAULT_SHELL, limit = 100_000, cursor }, call) => {
    const kind = subsystemOf(subsystem);
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const { records, next } = await definitions.page({ kind, shellId: shell_id }, limit, after, call.signal);
    const rows = records.map((record) => ({
      key: record.name,
      value: jsonOf(record),
      set_at_ns: nanos(record.setAt),
      set_by_shell: record.setByShell,
    }));
    return { subsystem, shell_id, rows, count: rows.length, truncated: next !== null, next_cursor: next && encodeCursor(next) };
  },
});
