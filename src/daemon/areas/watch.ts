import { watchPart } from '../../areas/watch/part';
import { Watcher } from '../../areas/watch/watcher';
import type { Ground } from '../ground';

export function composeWatch({ stack, clock, config, parts, onStop }: Ground): Watcher {
  const limits = () => ({
    maxWatches: config.value('watch.max_watches'),
    maxDirectories: config.value('watch.max_directories'),
    maxEntries: config.value('watch.max_entries'),
    pollMs: config.value('watch.poll_ms'),
    queueEvents: config.value('limits.queue_events'),
    queueBytes: config.value('limits.queue_bytes'),
  });
  const watch = stack.adopt(new Watcher(clock, limits), (each) => each.stop());
  parts.add(watchPart(() => watch.figures()));
  onStop(() => watch.stop());
  return watch;
}
