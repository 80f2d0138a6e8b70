import { CacheStore } from '../../areas/cache/store';
import type { Ground } from '../ground';

export function composeCache({ stack, cacheDb, clock, log, config, parts }: Ground): CacheStore {
  const read = () => ({
    maxValueBytes: config.value('cache.max_value_bytes'),
    maxKeyBytes: config.value('cache.max_key_bytes'),
    maxNsBytes: config.value('cache.max_ns_bytes'),
    maxNsEntries: config.value('cache.max_ns_entries'),
  });
  // Asked for with every key that is written.
  let limits = read();
  config.onChange(() => (limits = read()));
  const cache = stack.adopt(new CacheStore(cacheDb, clock, log, () => limits), (each) => each.stop());
  parts.add(cache.sweeper.part);
  return cache;
}
