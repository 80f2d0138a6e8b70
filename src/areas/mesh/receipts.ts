import type { Clock } from '../../kernel/clock';
import type { Db } from '../../storage/db';
import type { Mesh } from './mesh';
import type { Meshes } from './meshes';
import type { Outbox } from './outbox';
import type { OutboxAdmin } from './outbox_admin';
import type { OutboxRow } from './outbox_row';
import { isOver, type WaitGoal } from './wait_goal';
import type { Receipt } from './wire/frames_broker';

/** How often a broker is asked while somebody waits for a receipt. */
const ASK_MS = { least: 50, most: 2000 };

/** Learns from brokers how far messages came. Whether the recipient's daemon has one is asked when somebody wants to know; that it was seen is told. */
export class Receipts {
  constructor(
    private readonly db: Db,
    private readonly rows: OutboxAdmin,
    private readonly meshes: Meshes,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** A broker says who has seen what. Resolves when that is stored; how many of them were no news, or none of ours. */
  async seen(mesh: string, receipts: readonly Receipt[]): Promise<number> {
    const changed = await this.db.write(() => receipts.flatMap((each) => this.rows.seen(mesh, each, this.clock.now()) ?? []), 'full');
    for (const row of changed) this.outbox.changed(row);
    return receipts.length - changed.length;
  }

  /** The row as it is known after the broker was asked; as it was when the broker is away or knows nothing. */
  async refresh(row: OutboxRow): Promise<OutboxRow> {
    const mesh = this.meshes.all().find(({ joined }) => joined.slug === row.mesh);
    if (row.status !== 'done' || row.stored_at !== null || row.broker_message_id === null || !mesh) return row;
    if (await delivered(mesh, row.broker_message_id)) await this.outbox.stored(row);
    return this.outbox.get(row.id);
  }

  /** The row once it has come so far or has ended otherwise, or when the time is over or the caller left. */
  async waitFor(goal: WaitGoal, id: string, timeoutMs: number, signal: () => AbortSignal): Promise<OutboxRow> {
    const end = performance.now() + timeoutMs;
    let row = await this.outbox.wait(id, (each) => isOver('handed', each), timeoutMs, signal);
    for (let ms = ASK_MS.least; !isOver(goal, row) && row.status === 'done'; ms = Math.min(ASK_MS.most, ms * 2)) {
      row = await this.refresh(row);
      const left = end - performance.now();
      if (isOver(goal, row) || left <= 0 || signal().aborted) break;
      row = await this.outbox.wait(id, (each) => isOver(goal, each), Math.min(ms, left), signal);
    }
    return row;
  }
}

async function delivered(mesh: Mesh, messageId: string): Promise<boolean> {
  try {
    const status = await mesh.link.request<'message_status_result'>({ type: 'message_status', messageId });
    return status.delivered;
  } catch {
    // Not known now; it may be later.
    return false;
  }
}
