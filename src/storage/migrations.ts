import type { Migration } from './migrate';
import cache0001 from './migrations/cache/0001_init.sql' with { type: 'text' };
import zd0001 from './migrations/zd/0001_init.sql' with { type: 'text' };
import zd0002 from './migrations/zd/0002_artifact.sql' with { type: 'text' };

/** The schema of `zd.db`, in order. A published migration is never edited: its checksum is stored in every user's file. */
export const zdMigrations: readonly Migration[] = [
  { version: 1, name: 'init', sql: zd0001 },
  { version: 2, name: 'artifact', sql: zd0002 },
];

/** The schema of `cache.db`. */
export const cacheMigrations: readonly Migration[] = [{ version: 1, name: 'init', sql: cache0001 }];
