/** What a home keeps, by its name in an archive: all of it below the data folder. */
export interface Home {
  /** The data folder. */
  readonly data: string;
  readonly overridesFile: string;
  /** Names of files in the data folder that are secret: private keys. */
  readonly keys: readonly string[];
}

/** Databases, and what SQLite may have beside them, which belongs to the database it was written with. */
export const DATABASES = ['zd.db', 'cache.db'] as const;
const BESIDE = ['-wal', '-shm', '-journal'];

/** Folders that are kept file by file. */
export const FOLDERS = ['artifacts', 'jobs', 'snapshots'] as const;

export const OVERRIDES = 'overrides.json';
export const MANIFEST = 'manifest.json';

/** Everything in the data folder that an archive takes the place of, whether or not it brings it. */
export const REPLACED: readonly string[] = [...DATABASES.flatMap((name) => [name, ...BESIDE.map((end) => name + end)]), ...FOLDERS];

/** A backup that was unpacked and checked, and waits to be put in place. */
export const PENDING = 'import.pending';

/** Where archives go that are named without a folder; no part of a backup. */
export const EXPORTS = 'exports';

/** What an archive took the place of: `replaced-` and when. */
export const REPLACED_PREFIX = 'replaced-';

/** Names an archive may bring, and nothing else: no dots as a segment, nothing absolute, no place of its own choice. */
export function isMemberName(name: string, keys: readonly string[]): boolean {
  if ((DATABASES as readonly string[]).includes(name) || name === OVERRIDES || name === MANIFEST || keys.includes(name)) return true;
  return (
    /^artifacts\/([0-9a-f]{2})\/\1[0-9a-f]{62}(\.zst)?$/.test(name) ||
    /^jobs\/[1-9][0-9]{0,18}\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(name) ||
    /^snapshots\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.jsonl\.zst(\.sig)?$/.test(name)
  );
}
