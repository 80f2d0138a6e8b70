import { parseFilter } from '../../src/areas/event/filter';
import type { EventLog } from '../../src/areas/event/log';
import { isEncoded, type EncodedFrames, type Frame } from '../../src/kernel/stream';

interface Heard {
  id: string;
  event: string;
  data: any;
}

/** A reader over a follower that hands out one frame at a time. */
export function readerOf(
  log: EventLog,
  since: Parameters<EventLog['follow']>[1],
  signal: AbortSignal,
  pattern: string,
  options?: Parameters<EventLog['follow']>[3],
) {
  const filter = parseFilter([pattern]);
  if (typeof filter === 'string') throw new Error(filter);
  const frames: AsyncGenerator<Frame | EncodedFrames> = log.follow(filter, since, signal, options);
  const ready: Heard[] = [];
  const next = async (): Promise<Heard | undefined> => {
    while (ready.length === 0) {
      const { value, done } = await frames.next();
      if (done) return undefined;
      if (isEncoded(value))
        ready.push(
          ...new TextDecoder()
            .decode(value.ndjson())
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
      else ready.push(value as Heard);
    }
    return ready.shift();
  };
  const take = async (count: number) => {
    const taken: Heard[] = [];
    while (taken.length < count) taken.push((await next())!);
    return taken;
  };
  return { next, take, frames };
}
