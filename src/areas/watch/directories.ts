import { watch, type FSWatcher } from 'node:fs';

/** Hears of one folder. `name` null: something, and possibly more than was told. */
export interface Listener {
  /** `renamed`: a name came or went; else what is under it changed. */
  event(name: string, renamed: boolean): void;
  /** The system dropped events: nothing that was remembered can be relied on. */
  overflow(): void;
}

/** Why a folder is looked at from time to time instead of being watched. */
export type PollReason = 'system_limit' | 'zd_limit' | 'asked' | 'remote' | 'no_permission' | 'unsupported';

export type Armed = { readonly release: () => void } | { readonly reason: PollReason };

interface Watched {
  /** Which folder it is: the same name may stand for another one later. */
  readonly identity: string;
  readonly watcher: FSWatcher;
  readonly listeners: Set<Listener>;
}

/** What the codes of a full system mean here; their own texts speak of disks and files. */
const LIMITS: Readonly<Record<string, string>> = {
  ENOSPC: 'the limit of watched folders (fs.inotify.max_user_watches) is reached',
  EMFILE: 'the limit of inotify instances (fs.inotify.max_user_instances) or of open files is reached',
  ENFILE: 'the limit of open files of the whole system is reached',
  ENOMEM: 'the kernel has no memory for another watch',
};

/** One watch of the operating system per folder, however many listen. Only what the system has accepted is counted. */
export class Directories {
  private readonly watched = new Map<string, Watched>();
  /** Events the system told of since start, and how often it dropped some. */
  received = 0;
  overflows = 0;
  /** The message of the last folder that could not be watched. */
  lastError: string | null = null;
  private overflowing = false;

  constructor(private readonly limit: () => number) {}

  get size(): number {
    return this.watched.size;
  }

  /** Throws nothing: a folder that cannot be watched is for its owner to poll. `identity` is that of the folder as it was read. */
  listen(path: string, identity: string, listener: Listener): Armed {
    let entry = this.watched.get(path);
    if (entry && entry.identity !== identity) {
      // Bun would answer the new folder's watch with the old one's silence.
      this.watched.delete(path);
      entry.watcher.close();
      entry = undefined;
    }
    if (!entry) {
      const opened = this.open(path, identity);
      if ('reason' in opened) return opened;
      this.watched.set(path, (entry = opened));
    }
    const { listeners, watcher } = entry;
    listeners.add(listener);
    const release = () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      watcher.close();
      if (this.watched.get(path)?.listeners === listeners) this.watched.delete(path);
    };
    return { release };
  }

  private open(path: string, identity: string): Watched | { readonly reason: PollReason } {
    if (this.watched.size >= this.limit()) {
      this.lastError = `watch.max_directories (${this.limit()}) is reached`;
      return { reason: 'zd_limit' };
    }
    const listeners = new Set<Listener>();
    try {
      const watcher = watch(path, { persistent: false }, (type, name: string | null | undefined) => {
        this.received++;
        if (name === null) return this.overflow();
        for (const listener of listeners) listener.event(name ?? '', type === 'rename' || name === undefined);
      });
      watcher.on('error', (error) => {
        this.lastError = error.message;
        for (const listener of listeners) listener.event('', true);
      });
      return { identity, watcher, listeners };
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.lastError = LIMITS[code] ?? message;
      if (code in LIMITS) return { reason: 'system_limit' };
      return { reason: code === 'EACCES' || code === 'EPERM' ? 'no_permission' : 'unsupported' };
    }
  }

  /** All folders share the system's one queue, so what was dropped may have been about any of them. */
  private overflow(): void {
    if (this.overflowing) return;
    this.overflowing = true;
    this.overflows++;
    // Once for all of them, and behind the events that were not dropped.
    setImmediate(() => {
      this.overflowing = false;
      for (const listener of [...this.watched.values()].flatMap(({ listeners }) => [...listeners])) listener.overflow();
    });
  }

  close(): void {
    for (const { watcher } of this.watched.values()) watcher.close();
    this.watched.clear();
  }
}
