import { uniqueId } from '../../kernel/ids';
import { END_ID, isEncoded, type EncodedFrames, type Frame } from '../../kernel/stream';
import type { Filter } from './filter';

type Frames = AsyncGenerator<Frame | EncodedFrames>;

/** The first `limit` events of a filter, then a frame that says the stream is complete. `follow` is called before this returns. */
export function firstOf(limit: number, filter: Filter, follow: (filter: Filter) => Frames): Frames {
  let wanted = limit;
  const few: Filter = {
    ...filter,
    // Its events are its own, so it shares no view.
    key: `first ${uniqueId()}`,
    match(event) {
      const matched = wanted > 0 ? filter.match(event) : null;
      if (matched !== null) wanted--;
      return matched;
    },
  };
  const frames = follow(few);
  return (async function* () {
    let given = 0;
    for await (const item of frames) {
      yield item;
      if (isEncoded(item)) given += item.count;
      // What was dropped does not count.
      else if (item.event === 'lagged') wanted += (item.data as { missed: number }).missed;
      if (given >= limit) return yield { id: END_ID, event: 'end', data: { reason: 'limit', hint: 'The stream is complete.' } };
    }
  })();
}
