import type { EncodedFrames, Frame } from '../../kernel/stream';
import { Batch, select } from './batch';
import type { Filter } from './filter';
import type { Hub, Subscription } from './hub';
import type { FollowOptions } from './service';
import { locate, type Since } from './since';
import type { EventTable } from './table';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * One stream over the log: what is stored behind a position, then live. It joins the hub in the very turn in which it has read
 * the newest stored event, and commits deliver in the turn that makes them readable, so there is no hole and no double.
 */
export class Follower {
  private subscription: Subscription | null = null;
  private farewell: Record<string, unknown> | null = null;
  private open = true;
  private opening: Frame | null = null;
  private readonly retained: FollowOptions['retained'];
  private readonly relay: FollowOptions['relay'];
  /** Number of the last stored event looked at while replaying. */
  private after: number;

  constructor(
    private readonly table: EventTable,
    private readonly hub: Hub,
    private readonly filter: Filter,
    since: Since,
    private readonly signal: AbortSignal,
    private readonly now: () => number,
    private readonly released: (follower: Follower) => void,
    options: Omit<FollowOptions, 'startsBehind'> = {},
  ) {
    this.retained = options.retained;
    this.relay = options.relay;
    const start = locate(table, since, filter.kinds);
    this.after = start.after;
    if (!start.whole) this.opening = this.gap(since.text, null);
    if (this.after === table.last()) this.subscription = hub.subscribe(filter);
    // A generator that was never asked for its first frame never runs its finally.
    signal.addEventListener('abort', this.close, { once: true });
    if (signal.aborted) this.close();
  }

  /** The id behind which the frames begin: past what was asked for when events right behind that are gone. */
  start(): string {
    const { table, after } = this;
    const before = (table.firstBehind(after) ?? table.last() + 1) - 1;
    const lost = before > after && table.lost(after, before, this.filter.kinds) > 0;
    return table.epochs.id(lost ? before : after);
  }

  frames(): AsyncGenerator<Frame | EncodedFrames> {
    const frames = this.run();
    const end = frames.return.bind(frames);
    // A plain return() would queue behind a next() that waits for an event, for ever on a quiet log.
    frames.return = (value) => {
      this.close();
      return end(value);
    };
    return frames;
  }

  private async *run(): AsyncGenerator<Frame | EncodedFrames> {
    try {
      const first = this.after;
      if (this.opening) yield this.opening;
      if (this.retained === 'start' || (this.retained && this.opening)) yield* this.latest(0, first);
      if (!this.subscription) yield* this.replay();
      const { subscription } = this;
      while (this.open && subscription) {
        const item = subscription.take();
        if (item instanceof Batch) yield item;
        else if (item) yield this.lagged(item);
        else if (this.farewell) return yield this.goodbye(this.table.last());
        else await (this.relay?.(subscription) ?? subscription.wait());
      }
    } finally {
      this.close();
    }
  }

  /** Stored events in pages until none is left; commits that come in between are simply further pages. */
  private async *replay(): AsyncGenerator<Frame | EncodedFrames> {
    while (this.open) {
      if (this.farewell) return yield this.goodbye(this.after);
      const page = this.table.page(this.after, this.now());
      const last = page?.last ?? this.table.last();
      const lost = page?.missing === 0 ? 0 : this.table.lost(this.after, last, this.filter.kinds);
      if (lost > 0) {
        const requested = this.table.epochs.id(this.after);
        // Whoever comes back by the id of this frame is not told again of what is missing before the next event.
        const before = this.after;
        this.after = page ? page.first - 1 : last;
        yield this.gap(requested, lost);
        if (this.retained) yield* this.latest(before, this.after);
      }
      if (!page) {
        // The generator may have stood still at the gap above, and commits go on meanwhile.
        if (this.table.last() > last) continue;
        this.subscription = this.hub.subscribe(this.filter);
        return;
      }
      this.after = page.last;
      const selected = select(
        this.filter,
        page.events.map((event) => ({ event })),
      );
      if (selected) {
        this.hub.counters.replayed += selected.chosen.length;
        yield selected.batch;
      }
      await nextTurn();
    }
  }

  /** Retained events with numbers behind `from` up to `to`, under the id of `to`: whoever resumes by it goes on right here. */
  private async *latest(from: number, to: number): AsyncGenerator<EncodedFrames> {
    const id = this.table.epochs.id(to);
    for (let after = from; this.open;) {
      const events = this.table.retained.between(after, to, this.now());
      if (events.length === 0) return;
      after = events.at(-1)!.seq;
      const selected = select(
        this.filter,
        events.map((event) => ({ event: { ...event, id } })),
      );
      if (selected) yield selected.batch;
      await nextTurn();
    }
  }

  /** `lost` counts events of the log, whatever the filter; null when the id says nothing about the log. */
  private gap(requested: string, lost: number | null): Frame {
    const [oldest, newest] = [this.table.oldest(), this.table.newest()];
    const id = (edge: { seq: number } | null) => (edge ? this.table.epochs.id(edge.seq) : null);
    return {
      id: this.table.epochs.id(this.after),
      event: 'gap',
      data: { requested: requested.slice(0, 200), oldest: id(oldest), newest: id(newest), lost },
    };
  }

  /** Its id is the position before the missed events, so resuming by it brings exactly them. */
  private lagged(lag: { from: number; to: number; missed: number }): Frame {
    return { id: this.table.epochs.id(lag.from - 1), event: 'lagged', data: lag };
  }

  private goodbye(position: number): Frame {
    // An EventSource does not read the data, so the spread over time stands in the frame, too.
    const retry = this.farewell?.retry_ms as number | undefined;
    return { id: this.table.epochs.id(position), event: 'shutdown', data: this.farewell, ...(retry === undefined ? {} : { retry }) };
  }

  /** What is queued is still given, then the `shutdown` frame, then the stream ends. */
  end(farewell: Record<string, unknown>): void {
    this.farewell = farewell;
    this.subscription?.wake();
  }

  readonly close = (): void => {
    if (!this.open) return;
    this.open = false;
    this.signal.removeEventListener('abort', this.close);
    this.subscription?.release();
    this.subscription?.wake();
    this.released(this);
  };
}
