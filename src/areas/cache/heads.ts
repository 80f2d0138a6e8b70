import type { Head } from './table';

/** About 10 MB when full. The oldest-known head makes room, which is enough for the keys that are written again and again. */
const MAX_HEADS = 50_000;

type Known = { -readonly [Field in keyof Head]: Head[Field] } & { readonly ns: string; readonly key: string };
export type Change = Pick<Head, 'type' | 'bytes' | 'version' | 'created_at' | 'expires_at'>;

/**
 * What writes last knew of entries, so that writing a known key costs no search. It follows the open transaction, so whoever
 * sees a transaction fail must `clear` it; forgetting costs a search, never a wrong answer.
 */
export class HeadCache {
  private readonly spaces = new Map<string, Map<string, Known>>();
  private readonly byId = new Map<number, Known>();

  /** The head as it is now: it changes with the entry. */
  get(ns: string, key: string): Head | undefined {
    return this.spaces.get(ns)?.get(key);
  }

  /** A copy, which the caller may keep as it is. */
  set(ns: string, key: string, { id, type, bytes, version, created_at, expires_at }: Head): void {
    const known = { ns, key, id, type, bytes, version, created_at, expires_at };
    let space = this.spaces.get(ns);
    if (!space) this.spaces.set(ns, (space = new Map()));
    space.set(key, known);
    this.byId.set(id, known);
    if (this.byId.size > MAX_HEADS) this.delete(this.byId.keys().next().value!);
  }

  /** Brings a known head up to date. */
  change(id: number, { type, bytes, version, created_at, expires_at }: Change): void {
    const known = this.byId.get(id);
    if (!known) return;
    known.type = type;
    known.bytes = bytes;
    known.version = version;
    known.created_at = created_at;
    known.expires_at = expires_at;
  }

  delete(id: number): void {
    const known = this.byId.get(id);
    if (!known) return;
    this.byId.delete(id);
    const space = this.spaces.get(known.ns)!;
    space.delete(known.key);
    if (space.size === 0) this.spaces.delete(known.ns);
  }

  clear(): void {
    this.spaces.clear();
    this.byId.clear();
  }
}
