import type { EventService } from '../kernel/context';
import type { Logger } from '../kernel/log';
import type { Supervisor } from './supervisor';

/**
 * Puts into the event log what becomes of the parts of the daemon: `part.degraded`, `part.backing_off`, `part.failed`, and `part.ok` after one of
 * these. The reason is not in it, since it may name files and not everybody who hears events may know them: `doctor` has it.
 */
export function tellOfParts(parts: Supervisor, events: EventService, log: Logger): void {
  parts.onChange(({ name: part, state, restarts }, before) => {
    events
      .publish({ kind: 'part', scope: 'daemon', topic: `part.${state}`, source: 'daemon', data: { part, state, before, restarts } })
      // The database may be the part that is broken; the log file tells of it in any case.
      .catch((error: unknown) => log.debug('a change of a part is not in the event log', { part, state, error }));
  });
}
