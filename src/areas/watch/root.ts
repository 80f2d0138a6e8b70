import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Transition } from './changes';
import type { Directories } from './directories';
import { differs, entryOf, identity, isSame, type Entry } from './entry';
import { SecondLook } from './second_look';
import { Tree, type Selection } from './tree';

/** `waiting`: there is nothing at the path yet, or no longer. `polling`: some folders are looked at from time to time. */
export type State = 'watching' | 'loading' | 'polling' | 'waiting' | 'partial';

export interface RootListener {
  changed(transitions: readonly Transition[]): void;
  /** Not everything could be told, for this reason. */
  rescan(reason: string): void;
  stateChanged(): void;
}

/** One path that somebody watches, whether it exists or not. Subscriptions with the same selection share it. */
export class Root {
  readonly listeners = new Set<RootListener>();
  private self: Entry | null = null;
  private tree: Tree | null = null;
  private anchor: { readonly path: string; readonly release: () => void } | null = null;
  private readonly secondLook = new SecondLook(() => this.check());
  private checking = false;
  private closed = false;
  private told: State = 'watching';

  constructor(
    /** Absolute, links resolved as far as it exists. */
    readonly path: string,
    private readonly selection: Selection,
    private readonly directories: Directories,
    private readonly maxEntries: number,
  ) {
    this.self = stat(path);
    this.settle(false);
    this.told = this.frameState;
  }

  get state(): State {
    if (!this.self) return 'waiting';
    if (this.tree?.truncated) return 'partial';
    if (this.tree && this.tree.polled > 0) return 'polling';
    if (!this.tree && !this.anchor) return 'polling';
    return this.tree && !this.tree.isLoaded ? 'loading' : 'watching';
  }

  /** What readers are told: that a tree is still being read makes no difference to them. */
  get frameState(): State {
    return this.state === 'loading' ? 'watching' : this.state;
  }

  /** Why the state is not plainly `watching`; null when there is nothing to say. */
  get reason(): string | null {
    return this.tree?.pollReason ?? (this.tree?.truncated ? 'too_many_entries' : null);
  }

  get loaded(): Promise<void> {
    return this.tree?.loaded ?? Promise.resolve();
  }

  get figures(): { readonly entries: number; readonly polled: number } {
    return { entries: this.tree?.entries ?? 0, polled: this.tree?.polled ?? Number(this.state === 'polling') };
  }

  /** Watches what is at the path now: the tree below a folder, or the nearest folder above a file or nothing. */
  private settle(told: boolean): void {
    this.anchor?.release();
    this.anchor = null;
    if (this.self?.dir) {
      this.tree = new Tree(
        this.path,
        this.self,
        this.directories,
        this.selection,
        this.maxEntries,
        {
          changed: (transitions) => this.tell(transitions),
          overflowed: () => this.listeners.forEach((listener) => listener.rescan('overflow')),
          rootTouched: () => this.touch(false),
        },
        told,
      );
      void this.tree.loaded.then(() => this.report());
      return;
    }
    if (this.selection.polls) return;
    const path = nearest(dirname(this.path));
    const entry = stat(path);
    const next = this.path.slice(path === '/' ? 1 : path.length + 1).split('/', 1)[0];
    const armed =
      entry &&
      this.directories.listen(path, identity(entry), {
        event: (name, renamed) => {
          if (name === next || name === '' || name === basename(path)) this.touch(!renamed && path === dirname(this.path));
        },
        overflow: () => {
          this.listeners.forEach((listener) => listener.rescan('overflow'));
          this.touch(false);
        },
      });
    if (armed && 'release' in armed) this.anchor = { path, release: armed.release };
  }

  private touch(content: boolean): void {
    this.touched ||= content;
    if (this.closed) return;
    this.secondLook.add('', '');
    if (this.checking) return;
    this.checking = true;
    setImmediate(() => {
      this.checking = false;
      this.check();
    });
  }

  private touched = false;

  /** Compares what is at the path with what was there. Also asked from time to time: a folder above may have been renamed. */
  check(): void {
    if (this.closed) return;
    const [before, after, touched] = [this.self, stat(this.path), this.touched];
    this.touched = false;
    this.self = after;
    if (before && after && isSame(before, after)) {
      const unseen = touched && !after.dir && before.fresh;
      if (unseen || differs(before, after)) this.tell([{ path: '', before, after, touched: unseen }]);
    } else if (before || after) {
      const lost = this.tree?.gone() ?? [];
      this.tree?.close();
      this.tree = null;
      this.tell([...lost, { path: '', before, after }]);
      this.settle(true);
      this.recheck();
    } else if (this.anchor?.path !== nearest(dirname(this.path))) {
      this.settle(true);
      this.recheck();
    }
    this.report();
  }

  /** Something may have come between the look and the new watch. */
  private recheck(): void {
    if (!this.tree) this.touch(false);
  }

  /** Polls what cannot be watched. */
  poll(): void {
    this.check();
    this.tree?.poll();
    this.report();
  }

  private tell(transitions: readonly Transition[]): void {
    for (const listener of this.listeners) listener.changed(transitions);
    if (transitions.some(({ path }) => this.selection.changesRules(path))) setImmediate(() => this.readAgain());
  }

  /** Other rules hold: what they newly take in is not new, so it is not told one by one. */
  private readAgain(): void {
    if (this.closed || !this.tree) return;
    this.tree.close();
    this.settle(false);
    for (const listener of this.listeners) listener.rescan('ignore_rules');
  }

  private report(): void {
    const state = this.frameState;
    if (state === this.told || this.closed) return;
    this.told = state;
    for (const listener of this.listeners) listener.stateChanged();
  }

  close(): void {
    this.closed = true;
    this.secondLook.close();
    this.anchor?.release();
    this.tree?.close();
  }
}

function stat(path: string): Entry | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats ? entryOf(stats) : null;
  } catch {
    return null;
  }
}

/** The folder itself, or the first above it that exists. */
function nearest(path: string): string {
  return stat(path)?.dir || path === '/' ? path : nearest(dirname(path));
}

/** The path with its links resolved as far as it exists. Throws what the system says when it may not be looked at. */
export function canonical(path: string): string {
  try {
    const real = realpathSync(path);
    accessSync(real, constants.R_OK);
    return real;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error;
    return join(canonical(dirname(path)), basename(path));
  }
}
