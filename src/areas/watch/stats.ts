import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import './service';

const Count = (description: string) => t.Integer({ minimum: 0, description });

export const watcherStats = defineOp({
  name: 'watcher_stats',
  summary: 'The file watcher in figures.',
  scope: 'watch.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    events_received: Count('Events the system told of since start.'),
    events_routed: Count('Changes told to watches since start.'),
    watched_path_count: Count('Distinct paths that are watched.'),
    subscriptions: Count('Watches, of everybody.'),
    watched_directories: Count('Folders the system watches for zd; those that several watches share count once.'),
    polled_directories: Count('Folders that are looked at from time to time, because the system or a limit took no further watch.'),
    overflows: Count('How often the system dropped events since start.'),
    rescans: Count('`rescan` frames since start.'),
    last_error: nullable(t.String({ description: 'Why a folder could not be watched, the last time.' })),
  }),
  errors: [],
  cli: { path: ['watch', 'stats'] },
  example: {},
  handle: ({ watch }) => ({ ...watch.figures() }),
});
