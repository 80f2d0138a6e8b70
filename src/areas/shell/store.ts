import type { Statement } from '../../storage/statement';
import { nanos } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { ProcessIdentity } from '../../kernel/process';
import type { Db } from '../../storage/db';
import { merge } from './model';
import type { Bell, Registration, Shell } from './service';

interface Row {
  shell_id: number;
  pid: number;
  pid_start: string;
  key_digest: string;
  tty: string | null;
  cwd: string | null;
  argv0: string | null;
  tags: string;
  accept_send: number;
  bell: Bell | null;
  registered_at: number;
}

export interface Stored {
  readonly shell: Shell;
  readonly digest: string;
  /** The shell that had this pid before, and is gone with it. */
  readonly replaced: number | null;
}

/** The SQL of the shells, and the events that tell of what is stored. Its methods run inside a write. */
export class ShellStore {
  private statements: Record<'byPid' | 'byKey' | 'byId' | 'count' | 'insert' | 'update' | 'tags' | 'remove', Statement<unknown>> | undefined;

  constructor(
    private readonly db: Db,
    private readonly events: Pick<EventService, 'append'>,
  ) {}

  load(): { shell: Shell; digest: string }[] {
    const rows = this.db.sqlite.query('SELECT * FROM shell ORDER BY shell_id').all() as Row[];
    return rows.map((row) => ({ shell: shellOf(row), digest: row.key_digest }));
  }

  register(wish: Registration, process: ProcessIdentity, digest: string, now: number, max: number): Stored {
    const { byPid, byKey, insert, update, count } = this.sql();
    const before = byPid.get(process.pid) as Row | null;
    const same = before !== null && before.pid_start === process.start;
    if (same && before.key_digest !== digest && wish.by !== before.shell_id) throw new ZdError('foreign_shell');
    const owner = byKey.get(digest) as Row | null;
    if (owner !== null && owner.shell_id !== before?.shell_id) throw new ZdError('foreign_shell', 'This key belongs to another shell.');
    if (!same && (count.get() as { count: number }).count >= max)
      throw new ZdError('too_many', `${max} shells are registered (shell.max_shells).`, { extra: { limit: max } });
    if (before && !same) this.remove(before.shell_id, now);
    const { tty = null, cwd = null, argv0 = null } = { ...(same ? before : {}), ...given(wish) };
    const tags = merge(same ? (JSON.parse(before.tags) as string[]) : [], wish.tags);
    const accept = wish.acceptSend ?? (same && before.accept_send === 1);
    const bell = wish.bell === undefined ? (same ? before.bell : null) : wish.bell;
    const values = [digest, tty, cwd, argv0, JSON.stringify(tags), accept ? 1 : 0, bell] as const;
    if (same) update.run(...values, before.shell_id);
    else insert.run(process.pid, process.start, ...values, now);
    const shell = shellOf(byPid.get(process.pid) as Row);
    if (!same) this.tell(shell.id, tags, 'registered', { from_shell: shell.id, pid: shell.process.pid, tty, argv0, ts_ns: nanos(now) });
    if (cwd !== null && cwd !== (same ? before.cwd : null)) this.tell(shell.id, tags, 'chpwd', { from_shell: shell.id, cwd, ts_ns: nanos(now) });
    return { shell, digest, replaced: before && !same ? before.shell_id : null };
  }

  /** Null: it is gone. */
  retag(id: number, change: (tags: readonly string[]) => readonly string[], now: number): Shell | null {
    const row = this.sql().byId.get(id) as Row | null;
    if (!row) return null;
    const before = JSON.parse(row.tags) as string[];
    const after = merge([], change(before));
    const added = after.filter((tag) => !before.includes(tag));
    const removed = before.filter((tag) => !after.includes(tag));
    if (added.length + removed.length > 0) this.sql().tags.run(JSON.stringify(after), id);
    if (added.length > 0) this.tell(id, after, 'tagged', { from_shell: id, tags: added, ts_ns: nanos(now) });
    if (removed.length > 0) this.tell(id, before, 'untagged', { from_shell: id, tags: removed, ts_ns: nanos(now) });
    return shellOf({ ...row, tags: JSON.stringify(after) });
  }

  remove(id: number, now: number): boolean {
    const row = this.sql().byId.get(id) as Row | null;
    if (!row) return false;
    this.sql().remove.run(id);
    this.tell(id, JSON.parse(row.tags) as string[], 'exit', { from_shell: id, ts_ns: nanos(now) });
    return true;
  }

  private tell(id: number, tags: readonly string[], topic: string, data: object): void {
    const also = tags.map((tag) => `tag:${tag}`);
    this.events.append({ kind: 'shell', scope: `shell:${id}`, also, topic, source: `shell:${id}`, data });
  }

  private sql() {
    const { db } = this;
    return (this.statements ??= {
      byPid: db.prepare('SELECT * FROM shell WHERE pid = ?'),
      byKey: db.prepare('SELECT * FROM shell WHERE key_digest = ?'),
      byId: db.prepare('SELECT * FROM shell WHERE shell_id = ?'),
      count: db.prepare('SELECT count(*) AS count FROM shell'),
      insert: db.prepare(
        'INSERT INTO shell (pid, pid_start, key_digest, tty, cwd, argv0, tags, accept_send, bell, registered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ),
      update: db.prepare('UPDATE shell SET key_digest = ?, tty = ?, cwd = ?, argv0 = ?, tags = ?, accept_send = ?, bell = ? WHERE shell_id = ?'),
      tags: db.prepare('UPDATE shell SET tags = ? WHERE shell_id = ?'),
      remove: db.prepare('DELETE FROM shell WHERE shell_id = ?'),
    });
  }
}

/** The members that were given, null included. */
const given = ({ tty, cwd, argv0 }: Registration): Partial<Pick<Row, 'tty' | 'cwd' | 'argv0'>> =>
  Object.fromEntries(Object.entries({ tty, cwd, argv0 }).filter(([, value]) => value !== undefined));

const shellOf = (row: Row): Shell => ({
  id: row.shell_id,
  process: { pid: row.pid, start: row.pid_start },
  tty: row.tty,
  cwd: row.cwd,
  argv0: row.argv0,
  tags: JSON.parse(row.tags) as string[],
  acceptSend: row.accept_send === 1,
  bell: row.bell,
  registeredAt: row.registered_at,
});
