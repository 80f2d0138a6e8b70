import type { Broker } from './broker';
import type { BrokerHttp } from './http';
import { TIMES } from './settings';

/** What is done again and again. Returns what ends it. */
export function startUpkeep(broker: Broker, http: BrokerHttp): () => void {
  const { log } = broker.deps;
  const timers = [
    setInterval(() => broker.sweep(), TIMES.sweep),
    setInterval(() => http.sweep(), TIMES.purge),
    setInterval(() => void purge(broker).catch((error: unknown) => log.error('what is past its time was not removed', { error })), TIMES.purge),
  ];
  void purge(broker).catch((error: unknown) => log.error('what is past its time was not removed', { error }));
  return () => timers.forEach(clearInterval);
}

/** Removes what is past its time, a little per transaction, so that messages go on in between. */
export async function purge({ deps }: Broker): Promise<void> {
  const { db, messages, meshes, endpoints, courier, clock } = deps;
  const now = clock.now();
  await db.write(() => {
    meshes.forgetHellos(now);
    endpoints.forget(now - TIMES.undelivered);
  }, 'normal');
  while (await db.write(() => messages.purge(now, now - TIMES.undelivered), 'normal')) await new Promise((resolve) => setImmediate(resolve));
  courier.forgetDepths();
}
