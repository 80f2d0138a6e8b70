import type { Part } from '../../kernel/part';
import type { WatchFigures } from './service';

/** The watcher as a supervised part. It lives as long as the daemon; what it says of itself is how much of its work the system leaves to polling. */
export const watchPart = (figures: () => WatchFigures): Part => ({
  name: 'watcher',
  start() {},
  stop() {},
  probe() {
    const { polled_directories: polled, last_error: error } = figures();
    return polled === 0 ? null : `${polled} folders are polled${error === null ? '' : `: ${error}`}`;
  },
});
