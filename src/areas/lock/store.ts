import type { Statement } from '../../storage/statement';
import { nanos } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import type { Db } from '../../storage/db';
import type { Change, End, Holder } from './model';

/** A stored grant; `expiresAt` on the wall clock, because the monotonic one begins anew with every process. */
export type Stored = Omit<Holder, 'deadline'> & { readonly name: string; readonly expiresAt: number | null };

interface Row {
  fence: number;
  name: string;
  token: string;
  owner: string | null;
  shared: number;
  slots: number | null;
  pid: number | null;
  pid_start: string | null;
  ttl_ms: number | null;
  acquired_at: number;
  expires_at: number | null;
  waited_ms: number;
}

/** How far the ceiling of the fencing numbers is raised ahead: one more write per so many grants. */
const FENCE_STEP = 1000;

/** `lock.expired` is for what ran out by itself; a lock whose holder ended, or never got it, was released for it. */
const TOPICS = {
  release: 'lock.released',
  process: 'lock.released',
  client_gone: 'lock.released',
  lease: 'lock.expired',
  break: 'lock.broken',
} as const satisfies Record<End, string>;

/** Events of locks come from the lock itself: one commit may end a grant of one caller and begin that of another. */
const SOURCE = 'lock';

/** The SQL of the locks' two tables, and the events that tell of what is stored. */
export class LockStore {
  private readonly insert: Statement<unknown>;
  private readonly update: Statement<unknown>;
  private readonly remove: Statement<unknown>;
  private readonly raise: Statement<unknown>;
  /** No number up to here needs the ceiling raised. Only what is committed counts. */
  private ceiling: number;

  constructor(
    private readonly db: Db,
    private readonly events: Pick<EventService, 'append'>,
  ) {
    this.insert = db.prepare(
      `INSERT INTO lock_holder (fence, name, token, owner, shared, slots, pid, pid_start, ttl_ms, acquired_at, expires_at, waited_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.update = db.prepare('UPDATE lock_holder SET pid = ?, pid_start = ?, ttl_ms = ?, expires_at = ? WHERE fence = ?');
    this.remove = db.prepare('DELETE FROM lock_holder WHERE fence = ?');
    this.raise = db.prepare('UPDATE lock_fence SET ceiling = max(ceiling, ?)');
    this.ceiling = db.prepare<{ ceiling: number }>('SELECT ceiling FROM lock_fence').get()!.ceiling;
  }

  /** The number after which the first new grant comes: above every one an earlier run can have given. */
  lastFence(): number {
    return this.ceiling;
  }

  load(): Stored[] {
    return this.db
      .prepare<Row>('SELECT * FROM lock_holder ORDER BY fence')
      .all()
      .map((row) => ({
        name: row.name,
        fence: row.fence,
        token: row.token,
        owner: row.owner,
        shared: row.shared === 1,
        slots: row.slots,
        process: row.pid === null ? null : { pid: row.pid, start: row.pid_start! },
        ttlMs: row.ttl_ms,
        acquiredAt: row.acquired_at,
        expiresAt: row.expires_at,
        waitedMs: row.waited_ms,
      }));
  }

  /** Stores what was decided about one lock, together with its events; resolves when it is committed, for good. */
  async save(name: string, changes: readonly Change[], wall: number): Promise<void> {
    const highest = changes.reduce((most, { holder }) => Math.max(most, holder.fence), 0);
    const raised = highest > this.ceiling ? highest + FENCE_STEP : null;
    await this.db.write(() => {
      if (raised !== null) this.raise.run(raised);
      for (const change of changes) this.apply(name, change, wall);
    }, 'full');
    if (raised !== null) this.ceiling = Math.max(this.ceiling, raised);
  }

  private apply(name: string, change: Change, wall: number): void {
    const { holder } = change;
    const expiresAt = holder.ttlMs === null ? null : wall + holder.ttlMs;
    const { pid = null, start = null } = holder.process ?? {};
    if (change.kind === 'renewed') {
      this.update.run(pid, start, holder.ttlMs, expiresAt, holder.fence);
      return;
    }
    const { fence, owner, shared, slots } = holder;
    const about = { name, fence, owner, holder_pid: pid ?? 0, shared, slots };
    if (change.kind === 'ended') {
      this.remove.run(fence);
      const data = { ...about, reason: change.how, held_ns: nanos(Math.max(0, wall - holder.acquiredAt)) };
      this.events.append({ kind: 'lock', scope: SOURCE, topic: TOPICS[change.how], source: SOURCE, data });
      return;
    }
    const { token, ttlMs, acquiredAt, waitedMs } = holder;
    this.insert.run(fence, name, token, owner, shared ? 1 : 0, slots, pid, start, ttlMs, acquiredAt, expiresAt, waitedMs);
    this.events.append({ kind: 'lock', scope: SOURCE, topic: 'lock.acquired', source: SOURCE, data: { ...about, waited_ns: nanos(waitedMs) } });
  }
}
