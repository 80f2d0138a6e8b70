import { nanos, type Clock } from '../../kernel/clock';
import { PendingChanges, type Transition } from './changes';
import type { PathMatcher } from './glob';
import type { Ring, RingLimits } from './ring';
import type { Root, RootListener } from './root';

export interface SubscriptionSettings {
  readonly id: number;
  /** Who made it: nobody else may see or end it. */
  readonly owner: string;
  /** The path as it was asked for; frames name paths below it. */
  readonly path: string;
  readonly recursive: boolean;
  readonly includes: PathMatcher | null;
  readonly debounceMs: number;
  /** Milliseconds it lives while no stream is attached; null for one that ends with its stream. */
  readonly leaseMs: number | null;
}

/** How long a path that vanished waits for the other half of a rename when nothing is to be settled. */
const HOLD_MS = 10;
/** A tree that never rests is told of after this many times the debounce. */
const MOST_WAITS = 10;

/** One watch: what changes below its root, settled and filtered, as numbered frames. */
export class Subscription implements RootListener {
  private readonly pending = new PendingChanges();
  private timer: Timer | undefined;
  private waitingSince = 0;
  private readonly wakers = new Set<() => void>();
  /** Why it ended; null while it lives. */
  ended: { readonly event: string; readonly data: Record<string, unknown> } | null = null;
  /** Streams that read it. */
  readers = 0;
  leaseEnds: number;

  constructor(
    readonly settings: SubscriptionSettings,
    readonly root: Root,
    readonly ring: Ring,
    private readonly limits: () => RingLimits,
    private readonly clock: Clock,
    private readonly counters: { routed: number; rescans: number },
  ) {
    this.leaseEnds = clock.now() + (settings.leaseMs ?? 0);
    root.listeners.add(this);
    if (root.frameState !== 'watching') this.stateChanged();
  }

  changed(transitions: readonly Transition[]): void {
    const now = this.clock.monotonic();
    const { includes, debounceMs } = this.settings;
    for (const each of transitions) if (!includes || each.path === '' || includes(each.path)) this.pending.add(each, now);
    if (this.pending.size === 0) return;
    // More than a reader's queue could take anyhow: to look at everything anew is cheaper than to be told of each.
    if (this.pending.size > this.limits().frames) {
      this.pending.clear();
      return this.rescan('too_many_changes');
    }
    if (debounceMs === 0) return this.flush(now - HOLD_MS);
    if (this.timer === undefined) this.waitingSince = now;
    clearTimeout(this.timer);
    const wait = Math.max(0, Math.min(debounceMs, this.waitingSince + debounceMs * MOST_WAITS - now));
    this.timer = setTimeout(() => this.flush(Infinity), wait);
  }

  private flush(holdSince: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const changes = this.pending.take(holdSince);
    if (this.pending.size > 0) this.timer = setTimeout(() => this.flush(this.clock.monotonic() - HOLD_MS), HOLD_MS);
    if (changes.length === 0) return;
    const ts_ns = nanos(this.clock.now());
    for (const { kind, path, from, is_dir } of changes) {
      const names = { path: this.named(path), ...(from === undefined ? {} : { from: this.named(from) }) };
      this.ring.push('fs', { watch_id: this.settings.id, kind, ...names, is_dir, ts_ns });
    }
    this.counters.routed += changes.length;
    this.wake();
  }

  private named(path: string): string {
    if (path === '') return this.settings.path;
    return this.settings.path === '/' ? `/${path}` : `${this.settings.path}/${path}`;
  }

  /** Tells the reader that it was not told of everything. */
  rescan(reason: string): void {
    this.counters.rescans++;
    this.push('rescan', { reason });
  }

  stateChanged(): void {
    this.flush(Infinity);
    this.push('state', { state: this.root.frameState, reason: this.root.reason });
  }

  private push(event: string, data: Record<string, unknown>): void {
    const { id, path } = this.settings;
    this.ring.push(event, { watch_id: id, path, ...data, ts_ns: nanos(this.clock.now()) });
    this.wake();
  }

  /** Resolves at the next frame or at the end. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.wakers.add(resolve));
  }

  wake(): void {
    const wakers = [...this.wakers];
    this.wakers.clear();
    for (const waker of wakers) waker();
  }

  /** Its readers get what is queued, then this frame, then their streams end. */
  end(event: string, data: Record<string, unknown>): void {
    if (this.ended) return;
    this.ended = { event, data };
    clearTimeout(this.timer);
    this.root.listeners.delete(this);
    this.wake();
  }
}
