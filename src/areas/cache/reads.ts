import type { Entry } from './table';

/** Values of this many bytes at most are kept, and together not more than that; the oldest read makes room. */
const MAX_VALUE_BYTES = 4096;
const MAX_BYTES = 8 << 20;
/** What an entry costs beside its value and name, roughly. */
const OVERHEAD_BYTES = 256;

/**
 * Entries as they were last read, so that reading a key again and again asks SQLite once. It holds committed values only: nothing
 * read inside a transaction is kept, and every change of an entry forgets it, also one that is rolled back later.
 */
export class ReadCache {
  private readonly entries = new Map<string, Entry>();
  private readonly names = new Map<number, string>();
  private bytes = 0;

  get(name: string): Entry | undefined {
    return this.entries.get(name);
  }

  keep(name: string, entry: Entry): void {
    if (entry.bytes > MAX_VALUE_BYTES) return;
    this.entries.set(name, entry);
    this.names.set(entry.id, name);
    this.bytes += cost(name, entry);
    while (this.bytes > MAX_BYTES) this.forget(this.entries.values().next().value!.id);
  }

  forget(id: number): void {
    const name = this.names.get(id);
    if (name === undefined) return;
    this.names.delete(id);
    this.bytes -= cost(name, this.entries.get(name)!);
    this.entries.delete(name);
  }
}

const cost = (name: string, entry: Entry): number => name.length + entry.bytes + OVERHEAD_BYTES;
