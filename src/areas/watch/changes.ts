import { contentDiffers, differs, identity, type Entry } from './entry';

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

interface Move {
  readonly from: string;
  readonly path: string;
  readonly before: Entry;
  readonly carried: boolean;
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
   * The net changes, in an order in which they can be applied; they are forgotten. Paths that only vanished after `holdSince` stay:
   * the other half of a rename may be about to arrive.
   */
  take(holdSince = Infinity): Change[] {
    const moves = this.moves();
    const renamed = new Map([...moves].map(([path, { from }]) => [from, path]));
    const held = holdSince === Infinity ? null : this.held(holdSince, renamed);
    // What went from a renamed folder is told under the folder's old name, so before it; other deletes may hold sources of renames.
    const [first, middle, last]: [Change[], Change[], Change[]] = [[], [], []];
    for (const [path, { before, after, touched }] of this.paths) {
      if (held?.has(path)) continue;
      this.paths.delete(path);
      const move = moves.get(path);
      if (before && after) middle.push(...replaced(path, before, after, touched));
      else if (move && after) middle.push(...moved(move, path, after));
      else if (after) middle.push({ kind: 'create', path, is_dir: after.dir });
      else if (before && !renamed.has(path)) {
        const inside = ancestorsOf(path).some((above) => renamed.has(above));
        (inside ? first : last).push({ kind: 'delete', path, is_dir: before.dir });
      }
    }
    return [...first, ...middle, ...last];
  }

  /**
   * Renames by their new path: something that went and came back elsewhere. One out of a folder that was itself renamed, or became a
   * file, counts as a delete and a create, for its old name is then gone; one that only moved along with its folder is `carried`.
   */
  private moves(): Map<string, Move> {
    const gone = new Map<string, { readonly from: string; readonly before: Entry }>();
    for (const [from, { before, after }] of this.paths) if (before && !after) gone.set(identity(before), { from, before });
    const moves = new Map<string, Move>();
    if (gone.size === 0) return moves;
    const pairs: Move[] = [];
    for (const [path, { before, after }] of this.paths) {
      const source = !before && after ? gone.get(identity(after)) : undefined;
      if (source) pairs.push({ ...source, path, carried: false });
    }
    const taken = new Map<string, string>();
    for (const pair of pairs.toSorted((a, b) => a.from.length - b.from.length)) {
      const { from, path } = pair;
      if (taken.has(from)) continue;
      const carried = taken.get(parentOf(from) ?? '') === parentOf(path) && nameOf(from) === nameOf(path);
      const lost = ancestorsOf(from).some((above) => taken.has(above) || this.paths.get(above)?.after?.dir === false);
      if (lost && !carried) continue;
      taken.set(from, path);
      moves.set(path, { ...pair, carried });
    }
    return moves;
  }

  /** Paths that wait: just gone, and no folder above them is told as gone or renamed before them. */
  private held(since: number, renamed: ReadonlyMap<string, string>): Set<string> {
    const held = new Set<string>();
    const waits = [...this.paths].filter(([path, { before, after, at }]) => before && !after && !renamed.has(path) && at > since);
    for (const [path] of waits.toSorted(([a], [b]) => a.length - b.length)) {
      const blocked = ancestorsOf(path).some((above) => {
        const state = this.paths.get(above);
        return renamed.has(above) || (state?.before?.dir === true && !state.after?.dir && !held.has(above));
      });
      if (!blocked) held.add(path);
    }
    return held;
  }
}

/** A folder that another one replaced is one modification: what was and what is in it is told path by path. */
function replaced(path: string, before: Entry, after: Entry, touched: boolean): Change[] {
  if (before.dir !== after.dir)
    return [
      { kind: 'delete', path, is_dir: before.dir },
      { kind: 'create', path, is_dir: after.dir },
    ];
  if (!touched && !differs(before, after)) return [];
  return [{ kind: 'modify', path, is_dir: after.dir }];
}

function moved({ from, before, carried }: Move, path: string, after: Entry): Change[] {
  const changes: Change[] = carried ? [] : [{ kind: 'rename', path, from, is_dir: after.dir }];
  if (contentDiffers(before, after)) changes.push({ kind: 'modify', path, is_dir: after.dir });
  return changes;
}

const parentOf = (path: string): string | null => (path === '' ? null : path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The folders above a path, the nearest first, up to the root. */
function ancestorsOf(path: string): string[] {
  const found: string[] = [];
  for (let above = parentOf(path); above !== null; above = parentOf(above)) found.push(above);
  return found;
}
