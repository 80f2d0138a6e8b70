import type { Server } from 'bun';
import type { Caller, Scope } from '../kernel/caller';
import type { Dispatcher } from '../kernel/dispatch';
import { END_ID, type Stream } from '../kernel/stream';
import { END_HINTS, type Connections } from './connections';
import { inputFromQuery } from './query';
import { formatOf, OpenStream, streamHeaders } from './sse';
import type { StreamLimits } from './stream_slots';
import type { Query } from './url';

export interface Visit {
  readonly caller: Caller | null;
  readonly id: string;
  readonly server: Server<unknown>;
  /** Its own: the resume fields are taken out of it. */
  readonly query: Query;
}

/** Where `Last-Event-ID` may stand in the query, for clients that cannot set the header: our name, and the one polyfills use. */
const RESUME_FIELDS = ['last_event_id', 'lastEventId'];

/** Opens the streams of the registry over HTTP. */
export class Streams {
  private draining = false;

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly connections: Connections,
    private readonly limits: () => StreamLimits,
  ) {}

  /** The daemon stops: no stream is opened any more. */
  drain(): void {
    this.draining = true;
  }

  /** The reply to a GET or HEAD of a stream's address. Throws what refuses it. */
  open(stream: Stream, request: Request, { caller: visitor, id, server, query }: Visit): Response {
    // A stream's client must see a closed connection then: any status but 200 ends an EventSource for good.
    if (this.draining) return new Response(null, { status: 503, headers: { connection: 'close' } });
    const caller = visitor!;
    const lastEventId = request.headers.get('last-event-id') || RESUME_FIELDS.map((name) => query.get(name)?.[0]).find(Boolean) || null;
    for (const name of RESUME_FIELDS) query.delete(name);
    const scopes: Scope[] = [];
    let start: string | null = null;
    const finished = lastEventId === END_ID;
    // Aborts when the client leaves, and also when the stream ends while its client would stay.
    const over = new AbortController();
    const left = () => over.abort();
    request.signal.addEventListener('abort', left, { once: true });
    if (request.signal.aborted) left();
    const release = this.connections.admit(caller, this.limits());
    const format = formatOf(request.headers.get('accept'));
    let leave = () => {};
    let open = true;
    const opened = new OpenStream(format, over.signal, () => {
      open = false;
      over.abort();
      request.signal.removeEventListener('abort', left);
      leave();
      release();
    });
    try {
      const frames = this.dispatcher.open(stream, inputFromQuery(stream.input, query), {
        caller,
        requestId: id,
        signal: over.signal,
        lastEventId,
        headers: request.headers,
        onScope: (scope) => scopes.push(scope),
        startsBehind: (each) => (start = each),
        relay: opened.relay,
      });
      // Opened like any other until here, so that a refusal is the same.
      if (finished || request.method === 'HEAD') {
        over.abort();
        frames.return(undefined).catch(() => {});
        release();
        return new Response(null, finished ? { status: 204 } : { headers: streamHeaders(format, start) });
      }
      // Streams are quiet for as long as nothing happens.
      server.timeout(request, 0);
      const response = opened.response(frames, streamHeaders(format, start));
      if (!open) return response;
      leave = this.connections.add({
        caller,
        scopes,
        revoke: (reason) => opened.end({ event: 'end', data: { reason, hint: END_HINTS[reason] } }),
      });
      return response;
    } catch (error) {
      over.abort();
      release();
      throw error;
    }
  }
}
