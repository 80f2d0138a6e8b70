import type { EventRecord } from '../../kernel/context';
import type { EncodedFrames, Feed } from '../../kernel/stream';
import { select, type Batch } from './batch';
import type { Filter } from './filter';

/** An event on its way out; `delivered` counts the live subscribers that took it into their queue. */
export interface Outgoing {
  readonly event: EventRecord;
  delivered: number;
}

export interface QueueLimits {
  readonly queue_events: number;
  readonly queue_bytes: number;
}

/** What a subscriber that fell behind was not given: `missed` events with numbers in `from`..`to`. */
export interface Lag {
  from: number;
  to: number;
  missed: number;
}

/** How much waits in a queue. */
export interface Depth {
  readonly events: number;
  readonly bytes: number;
}

/** One subscriber's queue of shared batches. It never makes a publisher wait: what does not fit is dropped and remembered. */
export class Subscription implements Feed {
  private queue: Batch[] = [];
  private events = 0;
  private bytes = 0;
  private lag: Lag | null = null;
  private wakeUp: (() => void) | null = null;
  private taker: ((item: EncodedFrames) => boolean) | null = null;

  constructor(
    readonly release: () => void,
    private readonly onLag: (missed: number) => void,
  ) {}

  /** Whether the batch was queued. A single batch over the bounds is still taken by an empty queue, so a stream always moves on. */
  push(batch: Batch, limits: QueueLimits): boolean {
    if (this.taker) {
      if (!this.taker(batch)) this.wake();
      return true;
    }
    const fits = this.queue.length === 0 || (this.events + batch.count <= limits.queue_events && this.bytes + batch.bytes <= limits.queue_bytes);
    if (!fits) this.drop(batch);
    else {
      this.queue.push(batch);
      this.events += batch.count;
      this.bytes += batch.bytes;
    }
    this.wake();
    return fits;
  }

  private drop(batch: Batch): void {
    const missed = this.events + batch.count;
    this.lag = { from: this.lag?.from ?? this.queue[0]!.first, to: batch.last, missed: (this.lag?.missed ?? 0) + missed };
    this.queue = [];
    this.events = 0;
    this.bytes = 0;
    this.onLag(missed);
  }

  /** What waits for its reader. */
  get depth(): Depth {
    return { events: this.events, bytes: this.bytes };
  }

  /** What comes next: first that events were missed, then what is queued; undefined when there is nothing. */
  take(): Lag | Batch | undefined {
    if (this.lag) {
      const lag = this.lag;
      this.lag = null;
      return lag;
    }
    const batch = this.queue.shift();
    if (batch) {
      this.events -= batch.count;
      this.bytes -= batch.bytes;
    }
    return batch;
  }

  /** Resolves at the next push or wake. One waiter at a time: a stream has one reader. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }

  /** What is pushed while nothing is queued goes past the queue. */
  pass(take: (item: EncodedFrames) => boolean): Promise<void> {
    if (this.lag || this.queue.length > 0) return Promise.resolve();
    this.taker = take;
    return this.wait();
  }

  wake(): void {
    this.taker = null;
    const wakeUp = this.wakeUp;
    this.wakeUp = null;
    wakeUp?.();
  }
}

interface View {
  readonly filter: Filter;
  readonly subscribers: Set<Subscription>;
}

/** Hands committed events to the live subscribers. Those with the same filter share one view, and so every encoded byte. */
export class Hub {
  private readonly views = new Map<string, View>();
  /**
   * Since start: events queued to subscribers, times a subscriber's queue was full, the events it missed by that, and events read from the
   * log for streams that resumed.
   */
  readonly counters = { delivered: 0, lagged: 0, missed: 0, replayed: 0 };

  constructor(private readonly limits: () => QueueLimits) {}

  subscribe(filter: Filter): Subscription {
    let view = this.views.get(filter.key);
    if (!view) this.views.set(filter.key, (view = { filter, subscribers: new Set() }));
    const { subscribers } = view;
    const subscription: Subscription = new Subscription(
      () => {
        subscribers.delete(subscription);
        if (subscribers.size === 0 && this.views.get(filter.key)?.subscribers === subscribers) this.views.delete(filter.key);
      },
      (missed) => {
        this.counters.lagged++;
        this.counters.missed += missed;
      },
    );
    subscribers.add(subscription);
    return subscription;
  }

  /** Queues the events of one commit, in order, to everybody they are for. */
  deliver(items: readonly Outgoing[]): void {
    const limits = this.limits();
    for (const { filter, subscribers } of this.views.values()) {
      const selected = select(filter, items);
      if (!selected) continue;
      let taken = 0;
      for (const subscriber of subscribers) if (subscriber.push(selected.batch, limits)) taken++;
      for (const item of selected.chosen) item.delivered += taken;
      this.counters.delivered += taken * selected.chosen.length;
    }
  }

  get size(): number {
    return this.views.size;
  }

  /** Live subscribers, and the longest and the largest of their queues. */
  queues(): { readonly subscribers: number; readonly deepest: Depth } {
    let [subscribers, events, bytes] = [0, 0, 0];
    for (const view of this.views.values())
      for (const { depth } of view.subscribers) {
        subscribers++;
        events = Math.max(events, depth.events);
        bytes = Math.max(bytes, depth.bytes);
      }
    return { subscribers, deepest: { events, bytes } };
  }
}
