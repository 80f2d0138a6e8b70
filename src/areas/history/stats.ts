import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import type { Tally } from './service';

const Count = t.Integer({ minimum: 0 });
const tallies = (name: string) => t.Array(strict({ [name]: t.String(), count: t.Integer({ minimum: 1 }) }));
const named = <N extends string>(name: N, items: readonly Tally[]) =>
  items.map((item) => ({ [name]: item.name, count: item.count })) as { [K in N | 'count']: K extends 'count' ? number : string }[];

export const stats = defineOp({
  name: 'history_stats',
  summary: 'Show how much the history holds, and what was run most.',
  description: '`redacted` and `ignored` count since the first start. Commands are counted over the 100,000 lines that were used most.',
  scope: 'history.read',
  effect: 'read',
  input: strict({ top: t.Optional(t.Integer({ minimum: 0, maximum: 1000, default: 10 })) }),
  output: strict({
    entries: Count,
    lines: t.Integer({ minimum: 0, description: 'Different ones.' }),
    sessions: Count,
    failed: t.Integer({ minimum: 0, description: 'Entries with an exit code other than 0.' }),
    redacted: t.Integer({ minimum: 0, description: 'Secrets that were taken out.' }),
    ignored: t.Integer({ minimum: 0, description: 'Commands that were left out by the rules.' }),
    oldest_ns: nullable(Nanos),
    newest_ns: nullable(Nanos),
    top_lines: tallies('line'),
    top_commands: tallies('command'),
    top_folders: tallies('cwd'),
  }),
  errors: [],
  cli: { path: ['history', 'stats'] },
  example: {},
  handle: async ({ history }, { top = 10 }) => {
    const { entries, lines, sessions, failed, redacted, ignored, oldest, newest, ...most } = await history.figures(top);
    return {
      ...{ entries, lines, sessions, failed, redacted, ignored },
      oldest_ns: oldest === null ? null : nanos(oldest),
      newest_ns: newest === null ? null : nanos(newest),
      top_lines: named('line', most.topLines),
      top_commands: named('command', most.topCommands),
      top_folders: named('cwd', most.topFolders),
    };
  },
});
