import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import { followClock } from './clock_jump';
import { checkSize } from './wire_size';
import { Flood, type Pace } from './flood';
import type { Mesh } from './mesh';
import type { Meshes } from './meshes';
import type { OutboxAdmin, Requeued, Retired } from './outbox_admin';
import { OutboxRoom } from './outbox_room';
import type { OutboxRow } from './outbox_row';
import type { OutboxStore } from './outbox_store';
import type { SendRequest } from './send_request';
import { ulid } from '../../kernel/ids';
import { queued, verdict, type OutboxStatus, type Verdict } from './verdict';
import { failpoint } from '../../kernel/failpoint';

export interface OutboxLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly keepBodies: boolean;
}

const CHUNK = 500;
const PRUNED_AT_ONCE = 2000;

export interface Sent {
  readonly verdict: Verdict;
  readonly clientMessageId: string;
  readonly mesh: string;
}

/** What is to be sent. A message that is accepted is on the disk, and ends as done or with a reason. */
export class Outbox {
  /** Messages accepted since the start. */
  accepted = 0;
  private readonly flood = new Flood();
  private readonly room: OutboxRoom;
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(
    private readonly db: Db,
    private readonly store: OutboxStore,
    private readonly admin: OutboxAdmin,
    private readonly meshes: Meshes,
    events: EventService,
    private readonly clock: Clock,
    private readonly limits: () => OutboxLimits,
  ) {
    this.room = new OutboxRoom(
      events,
      () => admin.bytes(),
      () => limits().maxBytes,
    );
  }

  /** Accepts a message, or answers from the row its key has. Throws what refuses it; a refused key is not used up. */
  async send(request: SendRequest, session: { readonly mesh: string; readonly pubkey: string } | null): Promise<Sent> {
    const mesh = this.meshes.pick(request.mesh);
    const { slug } = mesh.joined;
    const clientMessageId = request.clientMessageId ?? ulid(this.clock.now());
    const answered = (answer: Verdict): Sent => ({ verdict: answer, clientMessageId, mesh: slug });
    // What is known already is answered without the broker, which may be away.
    const known = request.clientMessageId === null ? null : this.store.find(clientMessageId);
    // Its own write may be on the way to the disk still.
    if (known) return this.db.write(() => answered(verdict(known, request.fingerprint, slug)), 'full');
    const bytes = Buffer.byteLength(request.message);
    const targetSpec = await mesh.roster.resolve(request.target);
    checkSize(bytes, targetSpec, mesh.link.features.inlineBytes);
    this.room.check(bytes, slug);
    const { kind, ref, priority, replyToId, message, fingerprint } = request;
    const senderSession = session?.mesh === slug ? session.pubkey : null;
    const row = { clientMessageId, fingerprint, mesh: slug, kind, ref, targetSpec, senderSession, priority, replyToId, payload: message, bytes };
    const { drain } = mesh;
    const accept = (): { readonly found?: OutboxRow; readonly claimed?: OutboxRow } => {
      const held = drain.lanes.until(targetSpec);
      // Read behind it: who was waited for until a moment ago has messages that are due, and they go first.
      const at = this.clock.now();
      const lease = senderSession === null && held === 0 ? drain.join(clientMessageId, at) : null;
      const added = this.store.add({ ...row, meta: request.meta || null }, at, held, lease);
      if (added === null) return { found: this.store.find(clientMessageId)! };
      return lease === null ? {} : { claimed: this.store.claimed(added) };
    };
    // With nothing before it a message goes out while the disk takes it: when the machine dies now, its caller has no answer and sends it again.
    const committed = ({ found, claimed }: ReturnType<typeof accept>): void => {
      if (!found) {
        this.room.took(bytes);
        this.accepted++;
        this.flood.count();
      }
      drain.joined(clientMessageId, claimed ?? null);
    };
    const stored = this.db.write(accept, 'full', committed);
    const { found, claimed } = await stored.finally(() => drain.joined(clientMessageId, null));
    failpoint('mesh.after_accept');
    if (found) return answered(verdict(found, fingerprint, slug));
    if (!claimed) drain.wake();
    return answered(queued(clientMessageId));
  }

  pace(): Pace | null {
    return this.flood.pace();
  }

  /** A row ended: its bytes may be free, and who waits for it hears of it. */
  ended(row: OutboxRow): void {
    if (row.payload !== null && !this.limits().keepBodies) this.room.freed(row.payload_bytes);
    this.changed(row);
  }

  /** Who waits for a row looks at it again. */
  changed({ id }: Pick<OutboxRow, 'id'>): void {
    for (const call of this.waiting.get(id) ?? []) call();
  }

  get(id: string): OutboxRow {
    const row = this.store.get(id);
    if (!row)
      throw new ZdError('no_such_message', `There is no message ${JSON.stringify(id.slice(0, 100))} in the outbox.`, {
        extra: { error: 'not found' },
      });
    return row;
  }

  /** By the id of the row, or by the key. */
  either(text: string): OutboxRow {
    return this.store.get(text) ?? this.store.find(text) ?? this.get(text);
  }

  find(clientMessageId: string): OutboxRow | null {
    return this.store.find(clientMessageId);
  }

  /** The row once `over` is true of it, or when the time is over or the caller left. */
  async wait(id: string, over: (row: OutboxRow) => boolean, timeoutMs: number, signal: () => AbortSignal): Promise<OutboxRow> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const row = this.get(id);
      const left = end - performance.now();
      if (over(row) || left <= 0 || signal().aborted) return row;
      await this.change(id, Math.min(left, 2_000_000_000), signal());
    }
  }

  private change(id: string, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const calls = this.waiting.get(id) ?? new Set<() => void>();
      this.waiting.set(id, calls);
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        calls.delete(done);
        if (calls.size === 0 && this.waiting.get(id) === calls) this.waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, ms);
      calls.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Null when its state does not allow it any more. */
  async abort(id: string, by: string): Promise<Retired | null> {
    const row = this.get(id);
    const retired = await this.db.write(() => {
      const fresh = this.store.get(id)!;
      return this.admin.abort(fresh, by, this.clock.now(), null, this.limits().keepBodies);
    }, 'full');
    if (retired) this.ended(row);
    return retired;
  }

  async requeue(id: string, newKey: string | null, by: string): Promise<{ result: Requeued; newKey: string }> {
    const key = newKey ?? ulid(this.clock.now());
    const row = this.get(id);
    const held = this.mesh(row.mesh)?.drain.lanes.until(row.target_spec) ?? 0;
    const result = await this.db.write(
      () => this.admin.requeue(this.store.get(id)!, key, by, this.clock.now(), held, this.limits().keepBodies),
      'full',
    );
    if ('old' in result) {
      this.room.took(row.payload_bytes);
      this.ended(row);
      this.meshes.all().forEach((mesh) => void (mesh.joined.slug === row.mesh && mesh.drain.wake()));
    }
    return { result, newKey: key };
  }

  /** Wipes what ended before an instant; some rows at a time, other work goes on between. */
  async prune(statuses: readonly OutboxStatus[], before: number): Promise<number> {
    let pruned = 0;
    const last = this.admin.last();
    for (let from = 0; from < last; from += PRUNED_AT_ONCE)
      pruned += await this.db.write(() => this.admin.prune(statuses, before, from, PRUNED_AT_ONCE), 'normal');
    this.room.forget();
    return pruned;
  }

  /** Ends everything that waits for a mesh. */
  async giveUp(mesh: string, reason: string): Promise<number> {
    let count = 0;
    for (;;) {
      const dead = await this.db.write(() => this.admin.giveUp(mesh, reason, CHUNK));
      for (const row of dead) this.ended(row);
      count += dead.length;
      if (dead.length < CHUNK) return count;
    }
  }

  recover(): Promise<number> {
    return this.db.write(() => this.admin.recover());
  }

  /** Gives up what is too old, and brings back what nobody holds any more. */
  async upkeep(): Promise<void> {
    const now = this.clock.now();
    const { maxAgeMs } = this.limits();
    const reason = `max_age: not handed over within ${Math.round(maxAgeMs / 3_600_000)} h`;
    for (let more = this.admin.hasOlder(now - maxAgeMs); more;) {
      const dead = await this.db.write(() => this.admin.expire(now - maxAgeMs, reason, CHUNK));
      for (const row of dead) this.ended(row);
      more = dead.length === CHUNK;
    }
    for (const mesh of this.meshes.all()) await followClock(this.db, this.store, mesh, now);
    const stray = this.admin.overdue(now).filter((row) => !this.mesh(row.mesh)?.drain.holds(row.client_message_id));
    if (stray.length === 0) return;
    await this.db.write(() => stray.forEach((row) => this.store.release(row, 'lease_expired')), 'normal');
    for (const { mesh } of stray) this.mesh(mesh)?.drain.wake();
  }

  private mesh(slug: string): Mesh | undefined {
    return this.meshes.all().find((mesh) => mesh.joined.slug === slug);
  }

  /** Every recipient's daemon has it. */
  async stored(row: OutboxRow): Promise<void> {
    const fresh = await this.db.write(() => this.admin.stored(row, this.clock.now()), 'normal');
    if (fresh) this.changed(row);
  }
}
