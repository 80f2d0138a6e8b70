import type { Era } from './plain_call';

/** Clients give up on a response whose head does not come for some minutes; behind this bound theirs comes before the answer. */
const SLOW_MS = 2000;
const KEEP_ALIVE_MS = 15_000;
const JSON_INIT: ResponseInit = { headers: new Headers({ 'content-type': 'application/json' }) };
const STREAM_INIT: ResponseInit = {
  headers: new Headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }),
};

/**
 * One JSON-RPC response as an HTTP response: one JSON object, or where it takes long and the client can read one, a stream with the response
 * as its only event. Clients of the older revisions say with each request that they can; of the current one they wait.
 */
export async function exchange(answer: object | Promise<object>, era: Era): Promise<Response> {
  if (!(answer instanceof Promise)) return json(answer);
  if (era === 'current') return json(await answer);
  const slow = Promise.withResolvers<null>();
  const timer = setTimeout(slow.resolve, SLOW_MS, null);
  const first = await Promise.race([answer, slow.promise]);
  clearTimeout(timer);
  return first ? json(first) : streamed(answer);
}

const json = (answer: object): Response => new Response(JSON.stringify(answer), JSON_INIT);

function streamed(answer: Promise<object>): Response {
  const utf8 = new TextEncoder();
  let alive: Timer | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      const keep = (): void => controller.enqueue(utf8.encode(': keep-alive\n\n'));
      keep();
      alive = setInterval(keep, KEEP_ALIVE_MS);
      const text = JSON.stringify(await answer);
      clearInterval(alive);
      // The client may have left meanwhile.
      try {
        controller.enqueue(utf8.encode(`event: message\ndata: ${text}\n\n`));
        controller.close();
      } catch {}
    },
    cancel: () => clearInterval(alive),
  });
  return new Response(body, STREAM_INIT);
}
