import { keeperOf } from '../../kernel/caller';
import type { EventService } from '../../kernel/context';
import type { EncodedFrames, Frame, StreamCall } from '../../kernel/stream';
import type { Filter } from './filter';
import type { FollowOptions } from './service';
import type { Since } from './since';

type Frames = AsyncGenerator<Frame | EncodedFrames>;

/** A stream of a named reader: where it goes on, undefined for a new one, and its frames behind one that tells of the cursor. */
export function positionOf(name: string, events: EventService, call: StreamCall<'too_many'>) {
  const keeper = keeperOf(call.caller);
  const held = events.cursors.find(keeper, name);
  if (!held) events.cursors.room();
  return {
    from: held ? events.cursors.since(held) : undefined,
    follow(filter: Filter, from: string | Since | null, options: FollowOptions): Frames {
      let start = '';
      const startsBehind = (id: string) => {
        start = id;
        options.startsBehind?.(id);
      };
      const frames = events.follow(filter, from, call.signal, { ...options, startsBehind });
      return introduced(frames, async () => {
        const { id, attempts } = await events.cursors.begin(keeper, name, start);
        return { event: 'cursor', data: { cursor: name, event_id: id, attempts } };
      });
    },
  };
}

async function* introduced(frames: Frames, first: () => Promise<Frame>): Frames {
  try {
    yield await first();
    yield* frames;
  } finally {
    // Left at its first frame, the other generator would never end by itself.
    await frames.return(undefined);
  }
}
