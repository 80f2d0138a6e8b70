import { Agenda } from './agenda';
import type { Transition } from './changes';
import type { Directories, PollReason } from './directories';
import { differs, identity, isKernelFolder, isSame, namesIn, readEntry, type Entry } from './entry';
import { SecondLook } from './second_look';

/** What a tree takes in. */
export interface Selection {
  readonly recursive: boolean;
  /** Whether a path is left out, and with a folder everything below it. */
  readonly prunes: (path: string, dir: boolean) => boolean;
  /** Whether a change of this path changes what `prunes` says; it says so from then on. */
  readonly changesRules: (path: string) => boolean;
  /** Why to look at the folders from time to time instead of watching them; null to watch. */
  readonly polls: PollReason | null;
}

export interface TreeEvents {
  changed(transitions: readonly Transition[]): void;
  /** The system dropped events. What differs from what was known follows as changes. */
  overflowed(): void;
  /** The root itself may be gone, or another one. */
  rootTouched(): void;
}

interface Folder {
  readonly entries: Map<string, Entry>;
  /** It came while we watched, so what is found in it is told as well. */
  readonly news: boolean;
  /** Null while it is polled. */
  release: (() => void) | null;
}

/** How long one turn of the event loop may be spent on looking at files. */
const SLICE_MS = 8;
/** A tree of so many is always read at once, before anybody is told that it is watched. */
const SMALL_TREE = 2000;

/** Everything under one folder as it was last seen, kept up by the system's events or by polling. Links are not followed. */
export class Tree {
  private readonly folders = new Map<string, Folder>();
  private readonly agenda: Agenda = new Agenda({
    read: (path) => this.read(path),
    compare: (path) => this.compare(path),
    look: (path, name, touched) => this.look(path, this.folders.get(path)!, name, touched),
    knows: (path) => this.folders.has(path),
  });
  private readonly secondLook = new SecondLook((path, names) => {
    for (const name of names) this.agenda.mark(path, name, false);
    this.schedule();
  });
  private scheduled = false;
  private closed = false;
  private loading: PromiseWithResolvers<void> | null = Promise.withResolvers();
  private found: Transition[] = [];
  private readonly since: number;
  /** The constructor is over: what is read for the first time now may be younger than the watch. */
  private late = false;
  /** Files and folders known now. */
  entries = 0;
  pollReason: PollReason | null = null;
  /** More was found than a tree may hold; what lies beyond is not watched. */
  truncated = false;

  /** Reads what is there before it returns, unless that takes long; `told` reports it as created, else it counts as known. */
  constructor(
    private readonly root: string,
    private readonly self: Entry,
    private readonly directories: Directories,
    private readonly selection: Selection,
    private readonly maxEntries: number,
    private readonly events: TreeEvents,
    told: boolean,
  ) {
    this.since = Date.now() - TIME_MARGIN_MS;
    this.enter('', self, told);
    this.run();
    this.late = true;
  }

  /** Resolves once everything was read for the first time. */
  get loaded(): Promise<void> {
    return this.loading?.promise ?? Promise.resolve();
  }

  get isLoaded(): boolean {
    return this.loading === null;
  }

  get polled(): number {
    let count = 0;
    for (const { release } of this.folders.values()) if (!release) count++;
    return count;
  }

  private absolute(path: string): string {
    return path === '' ? this.root : this.root === '/' ? `/${path}` : `${this.root}/${path}`;
  }

  /** Listens first and reads then, so nothing that comes in between is missed. */
  private enter(path: string, entry: Entry, news: boolean): void {
    const folder: Folder = { entries: new Map(), news, release: null };
    this.folders.set(path, folder);
    this.arm(path, entry, folder);
    this.agenda.add(path);
  }

  private arm(path: string, entry: Entry, folder: Folder): void {
    if (this.selection.polls) return void (this.pollReason = this.selection.polls);
    const own = path === '' ? this.root.slice(this.root.lastIndexOf('/') + 1) : path.slice(path.lastIndexOf('/') + 1);
    const armed = this.directories.listen(this.absolute(path), identity(entry), {
      event: (name, renamed) => {
        // A folder's own end or move is told under its own name, which a child may have too.
        if (path === '' && (name === own || name === '')) this.events.rootTouched();
        if (name === '') this.agenda.markAll(path);
        else {
          this.agenda.mark(path, name, !renamed);
          this.secondLook.add(path, name);
        }
        this.schedule();
      },
      overflow: () => {
        if (path === '') this.rescan();
      },
    });
    if ('release' in armed) folder.release = armed.release;
    else this.pollReason = armed.reason;
  }

  private schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.run();
    });
  }

  /** Looks at what is due for one slice of time; the rest comes in later turns. */
  private run(): void {
    if (this.closed) return;
    const end = performance.now() + SLICE_MS;
    let busy = true;
    while ((busy = this.agenda.step()) && (performance.now() < end || (!this.late && this.entries < SMALL_TREE)));
    if (this.found.length > 0) {
      const found = this.found;
      this.found = [];
      this.events.changed(found);
    }
    if (busy) return this.schedule();
    this.loading?.resolve();
    this.loading = null;
  }

  /** The first look into a folder. */
  private read(path: string): void {
    const folder = this.folders.get(path);
    if (!folder) return;
    for (const name of namesIn(this.absolute(path))) this.look(path, folder, name, false, !folder.news);
  }

  /** A later look into the whole folder. Names that went come first, so that a folder under a new name finds the old one released. */
  private compare(path: string): void {
    const names = new Set(namesIn(this.absolute(path)));
    for (const name of this.folders.get(path)?.entries.keys() ?? []) if (!names.has(name)) this.agenda.mark(path, name, false);
    for (const name of names) this.agenda.mark(path, name, false);
  }

  private look(parent: string, folder: Folder, name: string, touched: boolean, known = false): void {
    const path = parent === '' ? name : `${parent}/${name}`;
    const before = folder.entries.get(name) ?? null;
    let after = readEntry(this.absolute(path));
    if (after && this.selection.prunes(path, after.dir)) after = null;
    if (after && !before && this.entries >= this.maxEntries) {
      this.truncated = true;
      after = null;
    }
    if (!before && !after) return;
    if (before?.dir && !(after && isSame(before, after))) this.leave(path);
    if (after) folder.entries.set(name, after);
    else folder.entries.delete(name);
    this.entries += Number(after !== null) - Number(before !== null);
    const unseen = touched && before !== null && after !== null && !after.dir && before.fresh;
    if (before && after && !unseen && !differs(before, after)) return;
    // While a large tree is read for the first time, only what is younger than the watch is told.
    const news = !known || (this.late && after !== null && after.ctime >= this.since);
    if (news) this.found.push({ path, before, after, touched: unseen });
    if (after?.dir && this.selection.recursive && !(before && isSame(before, after)) && !isKernelFolder(this.absolute(path)))
      this.enter(path, after, news);
  }

  /** Forgets a folder and all below it, deepest first. */
  private leave(path: string): void {
    const folder = this.folders.get(path);
    if (!folder) return;
    this.folders.delete(path);
    this.agenda.drop(path);
    folder.release?.();
    for (const [name, before] of [...folder.entries].toReversed()) {
      const child = `${path}/${name}`;
      if (before.dir) this.leave(child);
      this.entries--;
      this.found.push({ path: child, before, after: null });
    }
  }

  /** Compares every folder with what is known. */
  private rescan(): void {
    this.events.overflowed();
    for (const path of this.folders.keys()) this.agenda.markAll(path);
    this.schedule();
  }

  /** Looks at the folders that are not watched, after another try to watch them. */
  poll(): void {
    for (const [path, folder] of this.folders) {
      if (folder.release) continue;
      const entry = path === '' ? this.self : readEntry(this.absolute(path));
      if (entry?.dir && !this.selection.polls) this.arm(path, entry, folder);
      this.agenda.markAll(path);
      this.schedule();
    }
    if (this.polled === 0) this.pollReason = null;
  }

  /** What is known of everything, as gone: for a root that went. */
  gone(): Transition[] {
    this.found = [];
    const { entries } = this.folders.get('')!;
    for (const [name, before] of [...entries].toReversed()) {
      if (before.dir) this.leave(name);
      this.found.push({ path: name, before, after: null });
    }
    return this.found;
  }

  close(): void {
    this.closed = true;
    this.secondLook.close();
    for (const { release } of this.folders.values()) release?.();
    this.folders.clear();
    this.loading?.resolve();
    this.loading = null;
  }
}

/** How far file times may lag behind the clock. */
const TIME_MARGIN_MS = 10;
