import { nanos } from '../../kernel/clock';
import type { EventDraft } from '../../kernel/context';
import { wasSignalled, type Entry } from './model';

const KIND = 'history';

/** Tells that there is an entry and how it ended; the line itself is for those who may read the history. */
export const appended = (entry: Entry, source: string): EventDraft => ({
  ...{ kind: KIND, scope: KIND, topic: 'history.appended', source },
  data: {
    history_id: entry.id,
    ts_ns: nanos(entry.ts),
    exit_code: entry.exitCode,
    duration_ns: entry.durationMs === null ? null : nanos(entry.durationMs),
    sessid: entry.sessid,
    shell_id: entry.shellId,
  },
});

/** For the other shells, when a command took long. Null when it did not. */
export function longCommand(entry: Entry, atLeastMs: number, source: string): EventDraft | null {
  const { line, exitCode, durationMs, cwd, ts, shellId } = entry;
  if (atLeastMs === 0 || durationMs === null || durationMs < atLeastMs) return null;
  const code = exitCode ?? 0;
  const topic = wasSignalled(code) ? 'long_cmd_signaled' : code === 0 ? 'long_cmd_complete' : 'long_cmd_failed';
  const data = { from_shell: shellId, command: line, exit_code: exitCode, duration_ns: nanos(durationMs), cwd, ts_ns: nanos(ts) };
  return { kind: KIND, scope: shellId === null ? KIND : `shell:${shellId}`, topic, source, data };
}

export const imported = (entries: number, source: string): EventDraft => ({
  ...{ kind: KIND, scope: KIND, topic: 'history.imported', source },
  data: { entries },
});

export const deleted = (entries: number, source: string): EventDraft => ({
  ...{ kind: KIND, scope: KIND, topic: 'history.deleted', source },
  data: { entries },
});
