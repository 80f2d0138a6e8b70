import type { Part } from '../kernel/part';
import type { Db } from './db';

/** A database under supervision. It is open as long as the daemon; what may happen is that its disk takes no more writes. */
export function storagePart(name: string, db: Db): Part {
  return {
    name,
    start() {},
    stop() {},
    async probe() {
      db.sqlite.query('SELECT count(*) FROM sqlite_schema').get();
      if (db.trouble === null) return null;
      // Nobody may write for long, so this finds out whether it is over. The number is what it was.
      const { user_version: version } = db.sqlite.query('PRAGMA user_version').get() as { user_version: number };
      await db.write(() => db.sqlite.run(`PRAGMA user_version = ${version}`)).catch(() => {});
      return db.trouble === null ? null : `it can be read, but not written: ${db.trouble}`;
    },
  };
}
