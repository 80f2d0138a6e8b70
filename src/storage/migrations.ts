import type { Migration } from './migrate';
import broker0001 from './migrations/broker/0001_init.sql' with { type: 'text' };
import broker0002 from './migrations/broker/0002_seen.sql' with { type: 'text' };
import cache0001 from './migrations/cache/0001_init.sql' with { type: 'text' };
import zd0001 from './migrations/zd/0001_init.sql' with { type: 'text' };
import zd0002 from './migrations/zd/0002_event.sql' with { type: 'text' };
import zd0003 from './migrations/zd/0003_lock.sql' with { type: 'text' };
import zd0004 from './migrations/zd/0004_job.sql' with { type: 'text' };
import zd0005 from './migrations/zd/0005_schedule.sql' with { type: 'text' };
import zd0006 from './migrations/zd/0006_artifact.sql' with { type: 'text' };
import zd0007 from './migrations/zd/0007_definitions.sql' with { type: 'text' };
import zd0008 from './migrations/zd/0008_shell.sql' with { type: 'text' };
import zd0009 from './migrations/zd/0009_history.sql' with { type: 'text' };
import zd0010 from './migrations/zd/0010_event_cursor.sql' with { type: 'text' };
import zd0011 from './migrations/zd/0011_mesh.sql' with { type: 'text' };
import zd0012 from './migrations/zd/0012_session.sql' with { type: 'text' };
import zd0013 from './migrations/zd/0013_runtime.sql' with { type: 'text' };
import zd0014 from './migrations/zd/0014_history_index.sql' with { type: 'text' };
import zd0015 from './migrations/zd/0015_definition_owner.sql' with { type: 'text' };
import zd0016 from './migrations/zd/0016_mesh_seen.sql' with { type: 'text' };
import zd0017 from './migrations/zd/0017_approvals.sql' with { type: 'text' };

/** The schema of `zd.db`, in order. A published migration is never edited: its checksum is stored in every user's file. */
export const zdMigrations: readonly Migration[] = [
  { version: 1, name: 'init', sql: zd0001 },
  { version: 2, name: 'event', sql: zd0002 },
  { version: 3, name: 'lock', sql: zd0003 },
  { version: 4, name: 'job', sql: zd0004 },
  { version: 5, name: 'schedule', sql: zd0005 },
  { version: 6, name: 'artifact', sql: zd0006 },
  { version: 7, name: 'definitions', sql: zd0007 },
  { version: 8, name: 'shell', sql: zd0008 },
  { version: 9, name: 'history', sql: zd0009 },
  { version: 10, name: 'event_cursor', sql: zd0010 },
  { version: 11, name: 'mesh', sql: zd0011 },
  { version: 12, name: 'session', sql: zd0012 },
  { version: 13, name: 'runtime', sql: zd0013 },
  { version: 14, name: 'history_index', sql: zd0014 },
  { version: 15, name: 'definition_owner', sql: zd0015 },
  { version: 16, name: 'mesh_seen', sql: zd0016 },
  { version: 17, name: 'approvals', sql: zd0017 },
];

/** The schema of `cache.db`. */
export const cacheMigrations: readonly Migration[] = [{ version: 1, name: 'init', sql: cache0001 }];

/** The schema of a mesh broker's `broker.db`. */
export const brokerMigrations: readonly Migration[] = [
  { version: 1, name: 'init', sql: broker0001 },
  { version: 2, name: 'seen', sql: broker0002 },
];
