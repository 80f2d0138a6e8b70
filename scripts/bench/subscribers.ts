import type { Socket } from 'bun';
import type { Target } from './load';

export interface SubscribePlan {
  readonly target: Target;
  readonly subscribers: number;
  /** Where the stream is. */
  readonly path: string;
}

/** What a `tell` line on stdin is answered with. */
export interface Heard {
  /** Event frames with an id, over all subscribers. */
  readonly deliveries: number;
  /** The least and the most that one subscriber heard; equal to what was published when nothing was lost. */
  readonly least: number;
  readonly most: number;
  readonly bytes: number;
  /** When the last frame came, in milliseconds since the Unix epoch. */
  readonly lastAt: number;
}

/** Every frame has one `id:` line, and JSON escapes line breaks, so data cannot hold these bytes. */
const ID_LINE = Buffer.from('\nid: ');
/** A frame is longer than this, so the search goes on behind it. */
const SHORTEST_FRAME = 100;

interface State {
  ids: number;
  tail: Buffer;
}

/** Reads all streams in one process and counts frames by their id lines, which costs little beside the reading itself. */
async function listen(plan: SubscribePlan): Promise<void> {
  let bytes = 0;
  let lastAt = 0;
  const states: State[] = [];
  const handler = {
    data(socket: Socket<State>, chunk: Buffer) {
      bytes += chunk.length;
      lastAt = performance.now();
      count(socket.data, chunk);
    },
    close: () => fail('a stream was closed'),
    error: (_: Socket<State>, error: Error) => fail(error.message),
  };
  for (let at = 0; at < plan.subscribers; at++) {
    const state: State = { ids: 0, tail: Buffer.alloc(0) };
    states.push(state);
    const socket = await Bun.connect<State>({ ...plan.target, data: state, socket: handler } as never);
    (socket as Socket<State>).write(`GET ${plan.path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`);
  }
  // The reply's head and first bytes come at once, so a stream that has sent something is subscribed.
  while (states.some((state) => state.tail.length === 0)) await Bun.sleep(2);
  console.log('ready');
  for await (const line of console) {
    if (line !== 'tell') continue;
    const ids = states.map((state) => state.ids);
    const heard: Heard = {
      deliveries: ids.reduce((sum, each) => sum + each, 0),
      least: Math.min(...ids),
      most: Math.max(...ids),
      bytes,
      lastAt: lastAt + performance.timeOrigin,
    };
    console.log(JSON.stringify(heard));
  }
}

function count(state: State, chunk: Buffer): void {
  // An id line may begin in one chunk and end in the next.
  const keep = ID_LINE.length - 1;
  const seam = Buffer.concat([state.tail, chunk.subarray(0, keep)]);
  if (seam.indexOf(ID_LINE) !== -1) state.ids++;
  for (let at = chunk.indexOf(ID_LINE); at !== -1; at = chunk.indexOf(ID_LINE, at + SHORTEST_FRAME)) state.ids++;
  state.tail = Buffer.from(chunk.length >= keep ? chunk.subarray(chunk.length - keep) : seam.subarray(-keep));
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (import.meta.main) await listen(JSON.parse(process.argv[2]!) as SubscribePlan);
