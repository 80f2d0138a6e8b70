import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { SubscriptionSet } from './subscriptions';

type Frames = AsyncGenerator<Frame | EncodedFrames>;

/** The frames of a set, behind a first one that says how to name it. */
export async function* introduced(set: SubscriptionSet, frames: Frames): Frames {
  const subscriptions = set.rows().map(({ id, pattern, paused }) => ({ id, pattern, paused }));
  try {
    yield { event: 'stream', data: { stream_id: set.id, subscriptions } };
    yield* frames;
  } finally {
    // Left at its first frame, the other generator would never end by itself.
    await frames.return(undefined);
  }
}
