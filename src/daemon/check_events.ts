import type { Check } from '../areas/meta/service';
import { ok, warn, type DoctorTarget } from './check';

/** How long a loss is told of. */
const RECENT_MS = 7 * 86_400_000;

/** What crashes took from the event log; known to the daemon alone, which holds the database for itself. */
export function checkEvents({ paths, databases }: DoctorTarget): Check[] {
  const db = databases.find(({ path }) => path === paths.zdDb)?.sqlite;
  if (!db) return [];
  const { ranges, events, latest } = db
    .query('SELECT count(*) AS ranges, coalesce(sum(last - first + 1), 0) AS events, max(found_at) AS latest FROM event_lost WHERE found_at > ?')
    .get(Date.now() - RECENT_MS) as { ranges: number; events: number; latest: number | null };
  if (ranges === 0) return [ok('event_log', 'no event was lost by a crash in the last 7 days')];
  return [
    warn(
      'event_log',
      `a crash took ${events} events, found at the start of ${new Date(latest!).toISOString()}; \`zd event stats\` has their numbers`,
      'Streams that come back were told by a gap. Look for the cause: a full disk, a failing disk, or something that wrote to the files of zd.',
    ),
  ];
}
