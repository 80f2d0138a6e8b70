import { SessionEvent, type SignalType } from './event';
import type { SessionLog } from './log';
import type { SessionRow } from './row';
import type { SessionSince } from './service';
import { Viewer, type Viewers } from './viewers';

const PAGE_EVENTS = 512;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface FollowDeps {
  readonly log: SessionLog;
  readonly viewers: Viewers;
  readonly now: () => number;
  /** Null when it was removed. */
  readonly row: () => SessionRow | null;
}

/**
 * One who follows a session: what is stored behind a place in pages, then live. It goes live in the very turn in which it has read the newest
 * stored event, and a commit delivers in the turn that makes it readable, so there is no hole and no double.
 */
export function followBatches(deps: FollowDeps, row: SessionRow, since: SessionSince, signal: AbortSignal): AsyncGenerator<readonly SessionEvent[]> {
  const viewer = new Viewer();
  // Counted from the call on, also while it is only reading what is stored.
  const leave = deps.viewers.add(row.session_id, viewer);
  let open = true;
  const close = () => {
    open = false;
    signal.removeEventListener('abort', close);
    leave();
    viewer.wake();
  };
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  const start = typeof since === 'number' ? Math.min(since, row.last_seq) : Math.max(0, row.last_seq - since.tail);
  const events = run(deps, row, viewer, start, () => open, close);
  const end = events.return.bind(events);
  // A plain return() would queue behind a next() that waits for an event, for ever in a quiet session.
  events.return = (value) => {
    close();
    return end(value);
  };
  return events;
}

async function* run(
  { log, now, row: current }: FollowDeps,
  row: SessionRow,
  viewer: Viewer,
  start: number,
  open: () => boolean,
  close: () => void,
): AsyncGenerator<readonly SessionEvent[]> {
  let at = start;
  const told = (type: SignalType, data: Record<string, unknown>) => [new SessionEvent(row.session_id, at, now(), null, type, JSON.stringify(data))];
  try {
    for (let announced = false; open();) {
      // What is stored. Live events that come in meanwhile are read from the store too, so the queue need not keep them.
      for (;;) {
        viewer.take();
        viewer.missed = null;
        const page = log.page(row, at, PAGE_EVENTS);
        if (page.length === 0 || viewer.end === 'shutdown') break;
        if (page[0]!.seq > at + 1) {
          const lost = { from: at + 1, to: page[0]!.seq - 1, missed: page[0]!.seq - 1 - at };
          at = lost.to;
          yield told('gap', lost);
        }
        at = page.at(-1)!.seq;
        yield page;
        await nextTurn();
      }
      if (!announced && viewer.end === null) {
        announced = true;
        const now = current();
        if (now) yield told('live', { first_seq: now.first_seq, last_seq: at });
      }
      while (open() && viewer.missed === null) {
        const waiting = viewer.take();
        if (waiting.length > 0) {
          at = waiting.at(-1)!.seq;
          yield waiting;
          continue;
        }
        if (viewer.end === 'removed') return yield told('ended', { reason: 'removed' });
        if (viewer.end === 'shutdown') return yield told('shutdown', { reason: 'stopping' });
        await viewer.wait();
      }
      if (viewer.missed !== null && open()) yield told('lag', { from: at + 1, to: viewer.missed, waiting: viewer.missed - at });
    }
  } finally {
    close();
  }
}

/** One event after the other. */
export function eventsOf(batches: AsyncGenerator<readonly SessionEvent[]>): AsyncGenerator<SessionEvent> {
  const events = (async function* () {
    for await (const batch of batches) yield* batch;
  })();
  const end = events.return.bind(events);
  events.return = async (value) => {
    await batches.return(undefined);
    return end(value);
  };
  return events;
}
