import { contentDiffers, differs, identity, isSame, type Entry } from './entry';

/** One path before and after a look at it. `touched`: the system told of a change that the entry may not show. */
export interface Transition {
  /** Relative to the watched root; empty for the root itself. */
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
  readonly touched?: boolean;
}

export type Kind = 'create' | 'modify' | 'delete' | 'rename';

export interface Change {
  readonly kind: Kind;
  readonly path: string;
  /** The name before; only of a rename. */
  readonly from?: string;
  readonly is_dir: boolean;
}

interface Pending {
  readonly before: Entry | null;
  after: Entry | null;
  touched: boolean;
  readonly at: number;
}

/**
 * What happened to each path since the last `take`, folded: only the first state and the last one count, so a file that was
 * written ten times is modified once, one that came and went is nothing, and an editor's save by rename is a modification.
 */
export class PendingChanges {
  private readonly paths = new Map<string, Pending>();

  get size(): number {
    return this.paths.size;
  }

  clear(): void {
    this.paths.clear();
  }

  add({ path, before, after, touched = false }: Transition, now: number): void {
    const known = this.paths.get(path);
    if (known) {
      known.after = after;
      known.touched ||= touched;
    } else this.paths.set(path, { before, after, touched, at: now });
  }

  /**
   * The net changes, in the order in which their paths were first seen; they are forgotten. Paths that only vanished after
   * `holdSince` stay: the other half of a rename may be about to arrive.
   */
  take(holdSince = Infinity): Change[] {
    const gone = new Map<string, { readonly from: string; readonly before: Entry }>();
    for (const [from, { before, after }] of this.paths) if (before && !after) gone.set(identity(before), { from, before });
    const moves = new Map<string, { readonly from: string; readonly before: Entry }>();
    const renamed = new Map<string, string>();
    for (const [path, { before, after }] of this.paths) {
      const source = !before && after ? gone.get(identity(after)) : undefined;
      if (!source || renamed.has(source.from)) continue;
      moves.set(path, source);
      renamed.set(source.from, path);
    }
    const changes: Change[] = [];
    for (const [path, { before, after, touched, at }] of this.paths) {
      if (before && !after && !renamed.has(path) && at > holdSince) continue;
      this.paths.delete(path);
      const source = moves.get(path);
      if (before && after) changes.push(...replaced(path, before, after, touched));
      else if (source && after) changes.push(...moved(source.from, path, source.before, after, renamed));
      else if (after) changes.push({ kind: 'create', path, is_dir: after.dir });
      else if (before && !renamed.has(path)) changes.push({ kind: 'delete', path, is_dir: before.dir });
    }
    return changes;
  }
}

function replaced(path: string, before: Entry, after: Entry, touched: boolean): Change[] {
  if (before.dir !== after.dir || (after.dir && !isSame(before, after)))
    return [
      { kind: 'delete', path, is_dir: before.dir },
      { kind: 'create', path, is_dir: after.dir },
    ];
  if (!touched && !differs(before, after)) return [];
  return [{ kind: 'modify', path, is_dir: after.dir }];
}

/** What lies in a folder moves along with it and is not told of again. */
function moved(from: string, path: string, before: Entry, after: Entry, renamed: ReadonlyMap<string, string>): Change[] {
  const changes: Change[] = [];
  const carried = renamed.get(parentOf(from)) === parentOf(path) && nameOf(from) === nameOf(path);
  if (!carried) changes.push({ kind: 'rename', path, from, is_dir: after.dir });
  if (contentDiffers(before, after)) changes.push({ kind: 'modify', path, is_dir: after.dir });
  return changes;
}

/** The folder of a relative path; a name no path has for the root itself. */
const parentOf = (path: string): string => (path === '' ? '\0' : path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
