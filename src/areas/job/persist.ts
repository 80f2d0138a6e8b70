import { SyncFault, type Db } from '../../storage/db';

/** Between two tries of a write that the disk did not take. */
export const RETRY_MS = 1000;

/**
 * A full write that is tried again until the disk takes it. What is committed already is not done a second time. Undefined when it is
 * given up, which is asked after every failure; `failed` hears each that is followed by another try.
 */
export async function writeUntilStored<T>(db: Db, work: () => T, givenUp: () => boolean, failed: (error: unknown) => void): Promise<T | undefined> {
  let done: { readonly value: T } | null = null;
  for (;;) {
    const committed = done !== null;
    try {
      await db.write(() => {
        if (!committed) done = { value: work() };
      }, 'full');
      return done!.value;
    } catch (error) {
      if (givenUp()) return undefined;
      if (!(error instanceof SyncFault)) done = null;
      failed(error);
      await Bun.sleep(RETRY_MS);
    }
  }
}
