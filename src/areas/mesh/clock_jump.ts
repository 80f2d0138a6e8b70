import type { Db } from '../../storage/db';
import type { Mesh } from './mesh';
import type { OutboxStore } from './outbox_store';

/** No rest is longer than this: what waits for later than that was planned by a clock that has been set back since. */
const FARTHEST_MS = 120_000;
const CHUNK = 500;

/** Makes due what the wall clock would hold back because it was set back; in the order in which it was accepted. */
export async function followClock(db: Db, store: OutboxStore, mesh: Mesh, now: number): Promise<void> {
  const { slug } = mesh.joined;
  const beyond = now + FARTHEST_MS;
  mesh.drain.lanes.forget(beyond);
  if (!store.waitsBeyond(slug, beyond)) return;
  while ((await db.write(() => store.bringForward(slug, beyond, now, CHUNK), 'normal')) === CHUNK);
  mesh.drain.wake();
}
