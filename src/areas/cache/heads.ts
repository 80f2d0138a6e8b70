import type { Head } from './table';

/** About 10 MB when full. The oldest-known head makes room, which is enough for the keys that are written again and again. */
const MAX_HEADS = 50_000;

/**
 * What writes last knew of entries, so that writing a known key costs no search. It follows the open transaction, so whoever
 * sees a transaction fail must `clear` it; forgetting costs a search, never a wrong answer.
 */
export class HeadCache {
  private readonly heads = new Map<string, Head>();
  private readonly names = new Map<number, string>();

  get(ns: string, key: string): Head | undefined {
    return this.heads.get(`${ns}\0${key}`);
  }

  set(ns: string, key: string, head: Head): void {
    const name = `${ns}\0${key}`;
    this.heads.set(name, head);
    this.names.set(head.id, name);
    if (this.heads.size > MAX_HEADS) this.delete(this.heads.values().next().value!.id);
  }

  /** Brings a known head up to date. */
  replace(head: Head): void {
    const name = this.names.get(head.id);
    if (name !== undefined) this.heads.set(name, head);
  }

  delete(id: number): void {
    const name = this.names.get(id);
    if (name === undefined) return;
    this.names.delete(id);
    this.heads.delete(name);
  }

  clear(): void {
    this.heads.clear();
    this.names.clear();
  }
}
