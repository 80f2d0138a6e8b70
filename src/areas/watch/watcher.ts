import { uniqueId } from '../../kernel/ids';
import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { EncodedFrames, Frame } from '../../kernel/stream';
import { Directories } from './directories';
import type { PathMatcher } from './glob';
import { readFrames } from './reader';
import { Ring } from './ring';
import { canonical, Root } from './root';
import { parseFilters, selectionOf } from './selection';
import type { ReadOptions, WatchFigures, WatchInfo, WatchRequest, WatchService } from './service';
import { Subscription } from './subscription';

/** Read anew at each use, so a changed setting holds at once. */
export interface WatchLimits {
  readonly maxWatches: number;
  readonly maxDirectories: number;
  readonly maxEntries: number;
  readonly pollMs: number;
  readonly queueEvents: number;
  readonly queueBytes: number;
}

/** Clients come back spread over this time after a stop, not all in one instant. */
const RETRY_MS = { least: 500, most: 2500 };
/** Leases and paths are looked at so often, or as often as folders are polled; not at all while nobody watches. */
const TICK_MS = 1000;
const FAREWELL_MS = 1000;

/** Every watch of the daemon: who has which, what they share, and when they end. */
export class Watcher implements WatchService {
  private readonly directories: Directories;
  private readonly roots = new Map<string, Root>();
  private readonly subscriptions = new Map<number, Subscription>();
  private readonly counters = { routed: 0, rescans: 0 };
  /** Ids of another life of the daemon are told from its own by this. */
  private readonly epoch = uniqueId().replaceAll('-', '').slice(-10);
  private lastId = 0;
  private timer: Timer | undefined;
  private polledAt = 0;
  private stopping = false;

  constructor(
    private readonly clock: Clock,
    private readonly limits: () => WatchLimits,
  ) {
    this.directories = new Directories(() => limits().maxDirectories);
  }

  async subscribe(request: WatchRequest, owner: string, leaseMs: number): Promise<WatchInfo> {
    const subscription = this.add(request, owner, leaseMs);
    await subscription.root.loaded;
    try {
      this.refuseLimits(request, subscription);
    } catch (error) {
      this.remove(subscription, 'end', { reason: 'refused' });
      throw error;
    }
    return this.info(subscription);
  }

  open(
    request: WatchRequest,
    owner: string,
    since: string | null,
    signal: AbortSignal,
    options?: ReadOptions,
  ): AsyncGenerator<Frame | EncodedFrames> {
    const subscription = this.add(request, owner, null);
    try {
      this.refuseLimits(request, subscription);
    } catch (error) {
      this.remove(subscription, 'end', { reason: 'refused' });
      throw error;
    }
    return this.read(subscription, since, signal, options);
  }

  attach(id: number, owner: string, since: string | null, signal: AbortSignal, options?: ReadOptions): AsyncGenerator<Frame | EncodedFrames> {
    if (this.stopping) throw new ZdError('shutting_down');
    const subscription = this.subscriptions.get(id);
    if (subscription?.settings.owner !== owner || subscription.settings.leaseMs === null)
      throw new ZdError('no_such_watch', `You have no watch ${id}.`, { path: '/watch_id' });
    return this.read(subscription, since, signal, options);
  }

  private read(subscription: Subscription, since: string | null, signal: AbortSignal, options?: ReadOptions): AsyncGenerator<Frame | EncodedFrames> {
    const { leaseMs } = subscription.settings;
    subscription.readers++;
    const released = () => {
      subscription.readers--;
      subscription.leaseEnds = this.clock.now() + (leaseMs ?? 0);
      if (leaseMs === null) this.remove(subscription, 'end', { reason: 'closed' });
    };
    return readFrames(subscription, { ...options, since, signal, released });
  }

  private add(request: WatchRequest, owner: string, leaseMs: number | null): Subscription {
    if (this.stopping) throw new ZdError('shutting_down');
    const { maxWatches } = this.limits();
    if (this.subscriptions.size >= maxWatches) throw new ZdError('too_many', `There are ${maxWatches} watches.`, { extra: { limit: maxWatches } });
    const filters = parseFilters(request);
    if (typeof filters === 'string')
      throw new ZdError('bad_pattern', `${filters}.`, {
        hint: 'A glob such as `*.ts`, `src/**` or `{a,b}/*`; `\\` takes the meaning off a character.',
      });
    const id = ++this.lastId;
    const path = request.path.length > 1 ? request.path.replace(/\/+$/, '') : request.path;
    const queue = () => ({ frames: this.limits().queueEvents, bytes: this.limits().queueBytes });
    const subscription = new Subscription(
      { id, owner, path, recursive: request.recursive, includes: filters.includes, debounceMs: request.debounceMs, leaseMs },
      this.rootOf(request, filters.excludes),
      new Ring(`${this.epoch}-${id}`, queue),
      queue,
      this.clock,
      this.counters,
    );
    this.subscriptions.set(id, subscription);
    this.tickLater();
    return subscription;
  }

  private rootOf(request: WatchRequest, excludes: PathMatcher | null): Root {
    let path: string;
    try {
      path = canonical(request.path);
    } catch (error) {
      const { code = 'EIO' } = error as NodeJS.ErrnoException;
      throw new ZdError('watch_register', `${request.path.slice(0, 200)} cannot be watched: ${REASONS[code] ?? code}.`, { path: '/path' });
    }
    const { recursive, gitignore, poll, exclude } = request;
    const key = JSON.stringify([path, recursive, gitignore, poll === 'always', [...new Set(exclude)].toSorted()]);
    let root = this.roots.get(key);
    if (!root) this.roots.set(key, (root = new Root(path, selectionOf(request, path, excludes), this.directories, this.limits().maxEntries)));
    return root;
  }

  /** With `poll: never` a watch that would have to poll is refused; a tree beyond `watch.max_entries` always is. */
  private refuseLimits({ poll }: WatchRequest, { root }: Subscription): void {
    const { maxEntries } = this.limits();
    if (root.state === 'partial')
      throw new ZdError('too_large', `There are more than ${maxEntries} files and folders below ${root.path}.`, {
        hint: 'Leave folders out with exclude or gitignore, or raise watch.max_entries.',
        extra: { limit: maxEntries },
      });
    if (poll !== 'never' || root.figures.polled === 0) return;
    throw new ZdError('watch_limit', `${this.directories.lastError ?? 'The system takes no further watch'}.`);
  }

  unsubscribe(id: number, owner: string): boolean {
    const subscription = this.subscriptions.get(id);
    if (subscription?.settings.owner !== owner) return false;
    this.remove(subscription, 'end', { reason: 'unsubscribed' });
    return true;
  }

  releaseOwner(owner: string): number {
    const owned = [...this.subscriptions.values()].filter(({ settings }) => settings.owner === owner);
    for (const subscription of owned) this.remove(subscription, 'end', { reason: 'owner_gone' });
    return owned.length;
  }

  private remove(subscription: Subscription, event: string, data: Record<string, unknown>): void {
    const { settings, root } = subscription;
    subscription.end(event, { watch_id: settings.id, ...data });
    this.subscriptions.delete(settings.id);
    if (root.listeners.size > 0) return;
    for (const [key, each] of this.roots) if (each === root) this.roots.delete(key);
    root.close();
  }

  private tickLater(): void {
    if (this.subscriptions.size > 0 && !this.stopping) this.timer ??= setTimeout(() => this.tick(), Math.min(TICK_MS, this.limits().pollMs));
  }

  private tick(): void {
    this.timer = undefined;
    const now = this.clock.now();
    for (const subscription of this.subscriptions.values()) {
      const { settings, readers, leaseEnds } = subscription;
      if (settings.leaseMs !== null && readers === 0 && leaseEnds <= now) this.remove(subscription, 'end', { reason: 'lease' });
    }
    const due = this.clock.monotonic() - this.polledAt >= this.limits().pollMs;
    if (due) this.polledAt = this.clock.monotonic();
    for (const root of this.roots.values()) {
      if (due) root.poll();
      else root.check();
    }
    this.tickLater();
  }

  list(owner: string): WatchInfo[] {
    return [...this.subscriptions.values()].filter(({ settings }) => settings.owner === owner).map((each) => this.info(each));
  }

  private info({ settings, root, readers, leaseEnds }: Subscription): WatchInfo {
    let shared = 0;
    for (const each of this.subscriptions.values()) if (each.root.path === root.path) shared++;
    return {
      watch_id: settings.id,
      path: root.path,
      given_path: settings.path,
      recursive: settings.recursive,
      ref_count: shared,
      state: root.state,
      reason: root.reason,
      entries: root.figures.entries,
      streams: readers,
      lease_ends: settings.leaseMs === null || readers > 0 ? null : leaseEnds,
    };
  }

  figures(): WatchFigures {
    return {
      events_received: this.directories.received,
      events_routed: this.counters.routed,
      watched_path_count: new Set([...this.roots.values()].map(({ path }) => path)).size,
      subscriptions: this.subscriptions.size,
      watched_directories: this.directories.size,
      polled_directories: [...this.roots.values()].reduce((sum, root) => sum + root.figures.polled, 0),
      overflows: this.directories.overflows,
      rescans: this.counters.rescans,
      last_error: this.directories.lastError,
    };
  }

  /** Ends every stream with a `shutdown` frame; resolves when they have ended, after a second at the latest. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    clearTimeout(this.timer);
    const read = [...this.subscriptions.values()].filter(({ readers }) => readers > 0);
    for (const subscription of [...this.subscriptions.values()]) {
      const retry_ms = Math.round(RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least));
      this.remove(subscription, 'shutdown', { reason: 'stopping', retry_ms });
    }
    const end = this.clock.monotonic() + FAREWELL_MS;
    while (read.some(({ readers }) => readers > 0) && this.clock.monotonic() < end) await Bun.sleep(5);
    this.directories.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its links lead in a circle',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the path is too long',
};
