import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import type { InboxRow } from './inbox_row';
import type { InboxQuery, InboxStore } from './inbox_store';
import type { SeenReportStore } from './seen_report_store';

const CHUNK = 500;
/** A copy may come for so long after a message is gone: brokers keep what is not delivered for a week. */
const GONE_KEPT_MS = 14 * 86_400_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const UPKEEP_MS = 3_600_000;

export interface InboxOptions {
  readonly reports: SeenReportStore;
  keepMs(): number;
  /** Whether senders hear that their messages were seen. */
  tellSeen(): boolean;
  /** Something was marked as seen. */
  seen(): void;
}

/** What arrived, for those who read it. */
export class Inbox {
  /** When it was last looked for what is too old. */
  private kept: number | null = null;

  constructor(
    private readonly db: Db,
    private readonly store: InboxStore,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly options: InboxOptions,
  ) {}

  /** A page as it was, and how many of it were unread; they are marked as seen after it was read. */
  async read(query: InboxQuery, mark: boolean): Promise<{ rows: InboxRow[]; marked: number }> {
    const rows = this.store.page(query);
    const unread = mark ? rows.filter((row) => row.seen_at === null).map(({ id }) => id) : [];
    return { rows, marked: unread.length === 0 ? 0 : await this.seen(unread) };
  }

  async seen(ids: readonly string[]): Promise<number> {
    const marked = await this.db.write(() => this.store.markSeen(ids, this.clock.now(), this.options.tellSeen()), 'normal');
    if (marked > 0) this.options.seen();
    return marked;
  }

  /** Messages whose text, sender or topic holds the words, newest first. It looks at some rows at a time and ends early when the caller leaves. */
  async search(words: string, query: Omit<InboxQuery, 'limit'>, limit: number, signal: () => AbortSignal): Promise<InboxRow[]> {
    const wanted = words.toLowerCase();
    const found: InboxRow[] = [];
    for (let before = query.before; ;) {
      const rows = this.store.page({ ...query, before, limit: CHUNK });
      for (const row of rows) {
        const text = `${row.body ?? ''}\n${row.sender_name}\n${row.topic ?? ''}`.toLowerCase();
        if (text.includes(wanted) && found.push(row) === limit) return found;
      }
      if (rows.length < CHUNK || signal().aborted) return found;
      before = rows.at(-1)!.seq;
      await nextTurn();
    }
  }

  async remove(id: string): Promise<void> {
    const removed = await this.db.write(() => this.store.remove({ id }, this.clock.now(), 1));
    if (removed === 0)
      throw new ZdError('no_such_message', `There is no message ${JSON.stringify(id.slice(0, 100))} in the inbox.`, {
        extra: { error: 'not found', id },
      });
  }

  async clear(mesh: string | undefined, before: number | undefined): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = await this.db.write(() => this.store.remove({ mesh, before }, this.clock.now(), CHUNK), 'normal');
      removed += count;
      if (count < CHUNK) return removed;
    }
  }

  counts(): { readonly total: number; readonly unread: number } {
    const { total, unread } = this.store.counts();
    return { total, unread: unread ?? 0 };
  }

  body(id: string): string | null {
    return this.store.get(id)?.body ?? null;
  }

  async upkeep(): Promise<void> {
    if (this.kept !== null && this.clock.monotonic() - this.kept < UPKEEP_MS) return;
    this.kept = this.clock.monotonic();
    const now = this.clock.now();
    const removed = await this.clear(undefined, now - this.options.keepMs());
    if (removed > 0) this.log.info('inbox_prune_completed', { removed });
    await this.db.write(() => {
      this.store.forgetGone(now - GONE_KEPT_MS);
      this.options.reports.forget(now - GONE_KEPT_MS);
    }, 'normal');
  }
}
