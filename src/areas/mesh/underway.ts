import type { Link } from './link';
import type { OutboxRow } from './outbox_row';

interface Sent {
  readonly row: OutboxRow;
  readonly link: Link;
  /** On the monotonic clock: when its answer is waited for no longer. */
  readonly until: number;
}

/** Messages that wait for the broker's answer, by their keys. */
export class Underway {
  private readonly sent = new Map<string, Sent>();
  private timer: Timer | undefined;

  constructor(private readonly expired: (row: OutboxRow) => void) {}

  get size(): number {
    return this.sent.size;
  }

  has(key: string): boolean {
    return this.sent.has(key);
  }

  add(row: OutboxRow, link: Link, ms: number): void {
    this.sent.set(row.client_message_id, { row, link, until: performance.now() + ms });
    this.timer ??= setTimeout(this.expire, ms);
  }

  /** The row an answer over this link is for; null when it is under way there no more, or never was. */
  take(key: string, link: Link): OutboxRow | null {
    const found = this.sent.get(key);
    if (found?.link !== link) return null;
    this.sent.delete(key);
    return found.row;
  }

  /** What went out over a link, or over any for null: it is waited for no longer. */
  takeAll(link: Link | null): OutboxRow[] {
    const rows = [...this.sent.values()].filter((each) => link === null || each.link === link).map(({ row }) => row);
    for (const row of rows) this.sent.delete(row.client_message_id);
    if (this.sent.size === 0) this.timer = void clearTimeout(this.timer);
    return rows;
  }

  /** One timer serves all: they are in the order of their times, nearly. */
  private readonly expire = (): void => {
    this.timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const { row, until } of this.sent.values()) {
      if (until > now) next = Math.min(next, until);
      else if (this.sent.delete(row.client_message_id)) this.expired(row);
    }
    if (next < Infinity) this.timer = setTimeout(this.expire, next - now);
  };
}
