import type { Check } from '../areas/meta/service';
import { ok, warn, type DoctorTarget } from './check';

/** Whether everything that is watched is really watched by the system. Only the daemon knows. */
export function checkWatch({ watcher }: DoctorTarget): Check[] {
  if (watcher === null) return [];
  const { subscriptions, watched_directories, polled_directories, overflows, last_error } = watcher;
  const detail = `${subscriptions} watches, ${watched_directories} folders watched by the system, ${polled_directories} polled`;
  if (polled_directories > 0)
    return [
      warn(
        'watcher',
        last_error === null ? detail : `${detail}; the last refusal: ${last_error}`,
        'Raise fs.inotify.max_user_watches or watch.max_directories, or leave folders out (--exclude, --gitignore); until then changes there are seen late.',
      ),
    ];
  if (overflows > 0)
    return [
      warn('watcher', `${detail}; events were dropped ${overflows} times`, 'sudo sysctl fs.inotify.max_queued_events=131072, then `zd restart`.'),
    ];
  return [ok('watcher', detail)];
}
