import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { ReadOptions } from './service';
import type { Subscription } from './subscription';

/**
 * One stream over a watch, from behind `since` or from now on. What the ring no longer holds is said as `gap` or, when the reader was
 * too slow, as `rescan`. `released` runs once, whichever of end, failure and abort comes first.
 */
export function readFrames(
  subscription: Subscription,
  {
    since,
    signal,
    released,
    flat = false,
    startsBehind,
  }: ReadOptions & { readonly since: string | null; readonly signal: AbortSignal; readonly released: () => void },
): AsyncGenerator<Frame | EncodedFrames> {
  const { ring, settings } = subscription;
  const own = settings.leaseMs === null;
  const opening: Frame[] = [];
  let position = ring.first;
  if (since !== null) {
    const number = numberOf(since, ring.id(0));
    const whole = number !== null && number + 1 >= ring.first && number < ring.next;
    if (whole) position = number + 1;
    else {
      const newest = ring.next > ring.first ? ring.id(ring.next - 1) : null;
      const lost = number !== null && number < ring.next ? ring.first - 1 - number : null;
      opening.push({
        id: ring.id(position - 1),
        event: 'gap',
        data: { requested: since.slice(0, 200), oldest: newest && ring.id(ring.first), newest, lost },
      });
      const data = { watch_id: settings.id, path: settings.path, reason: 'gap' };
      opening.push({ id: ring.id(position - 1), event: 'rescan', data });
    }
  }
  startsBehind?.(ring.id(position - 1));
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    signal.removeEventListener('abort', close);
    subscription.wake();
    released();
  };
  async function* run(): AsyncGenerator<Frame | EncodedFrames> {
    try {
      yield* opening;
      while (open) {
        if (position < ring.first) {
          const missed = ring.first - position;
          position = ring.first;
          const data = { watch_id: settings.id, path: settings.path, reason: 'slow_reader', missed };
          yield { id: ring.id(position - 1), event: 'rescan', data };
          continue;
        }
        const frames = ring.from(position, flat);
        if (frames) {
          position += frames.count;
          // Nobody can come back to a watch that ends with its stream.
          if (own) ring.forget(position);
          yield frames;
        } else if (subscription.ended) return yield { id: ring.id(position - 1), ...subscription.ended };
        else await subscription.wait();
      }
    } finally {
      close();
    }
  }
  signal.addEventListener('abort', close, { once: true });
  const frames = run();
  const end = frames.return.bind(frames);
  // A plain return() would queue behind a next() that waits for a change, for ever in a quiet folder.
  frames.return = (value) => {
    close();
    return end(value);
  };
  if (signal.aborted) close();
  return frames;
}

/** The number in an id of this ring; null for any other id. */
function numberOf(id: string, zero: string): number | null {
  const prefix = zero.slice(0, -1);
  const tail = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return /^\d{1,15}$/.test(tail) ? Number(tail) : null;
}
