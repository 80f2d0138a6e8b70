/** Something a profile remembers. */
export interface Entry {
  readonly key: string;
  readonly text: string;
}

export interface Compaction {
  readonly entries: readonly Entry[];
  /** Replaced by a later one of the same key, said already by another, emptied, or the oldest over the bound. */
  readonly replaced: number;
  readonly repeated: number;
  readonly removed: number;
  readonly evicted: number;
}

/** What an entry costs beside its texts. */
const ENTRY_BYTES = 16;
export const sizeOf = ({ key, text }: Entry): number => Buffer.byteLength(key) + Buffer.byteLength(text) + ENTRY_BYTES;

/**
 * Merges new entries into what is remembered, the latest last: the latest of each key holds, an empty text removes its key, of two keys with the
 * same text the later stays, and the oldest go until it fits. Doing it again with the same entries changes nothing.
 */
export function compact(known: readonly Entry[], added: readonly Entry[], maxBytes: number): Compaction {
  const merged = new Map<string, string>(known.map(({ key, text }) => [key, text]));
  let [replaced, repeated, removed, evicted] = [0, 0, 0, 0];
  for (const { key, text } of added) {
    const before = merged.get(key);
    merged.delete(key);
    if (text.trim() !== '') merged.set(key, text);
    if (before === undefined || before === text) continue;
    if (text.trim() === '') removed++;
    else replaced++;
  }
  const texts = new Set<string>();
  const entries: Entry[] = [];
  for (const [key, text] of [...merged].toReversed()) {
    if (texts.has(text.trim())) repeated++;
    else entries.push({ key, text });
    texts.add(text.trim());
  }
  let bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  for (; bytes > maxBytes; evicted++) bytes -= sizeOf(entries.pop()!);
  return { entries: entries.toReversed(), replaced, repeated, removed, evicted };
}
