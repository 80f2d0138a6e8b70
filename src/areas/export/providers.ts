import { nanos } from '../../kernel/clock';
import type { HistoryService } from '../history/service';
import type { ShellService } from '../shell/service';
import type { Table } from './item';
import type { HistoryLine } from './service';

/** Lines asked for at once; other work has its turn in between. */
const PAGE = 1000;
const BUDGET_MS = 5000;

/** The newest lines of the history, the newest first: all, or those with the words of a filter, since a time in milliseconds. */
export async function historyLines(history: HistoryService, limit: number, filter = '', since?: number): Promise<HistoryLine[]> {
  const found: HistoryLine[] = [];
  const shared = {
    filter,
    mode: 'match',
    ignoreCase: true,
    descending: true,
    distinct: false,
    order: 'time',
    budgetMs: BUDGET_MS,
    after: since,
  } as const;
  for (let cursor: number | null = null; found.length < limit;) {
    const { hits, cursor: next }: Awaited<ReturnType<HistoryService['query']>> = await history.query({
      ...shared,
      limit: Math.min(PAGE, limit - found.length),
      cursor,
    });
    for (const { entry } of hits)
      found.push({
        ts_ns: nanos(entry.ts),
        exit_code: entry.exitCode,
        duration_ns: entry.durationMs === null ? null : nanos(entry.durationMs),
        cwd: entry.cwd,
        line: entry.line,
      });
    if (next === null) break;
    cursor = next;
    await new Promise(setImmediate);
  }
  return found;
}

/** The registered shells that live. */
export const shellTable = (shells: ShellService, now: number): Table => ({
  target: 'shells',
  columns: ['shell_id', 'pid', 'tty', 'cwd', 'argv0', 'tags', 'login_time', 'uptime_secs'],
  rows: shells
    .living()
    .map(({ id, process, tty, cwd, argv0, tags, registeredAt }) => [
      id,
      process.pid,
      tty,
      cwd,
      argv0,
      tags,
      new Date(registeredAt).toISOString(),
      Math.max(0, Math.floor((now - registeredAt) / 1000)),
    ]),
});
