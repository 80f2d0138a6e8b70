import { nanos } from '../../kernel/clock';
import type { EventRecord } from '../../kernel/context';

/** How one event looks on the wire of one kind of stream. `matched` is the text the filter gave for it. */
export interface FrameWriter {
  sse(event: EventRecord, matched: string): string;
  /** One line, with its line break. */
  ndjson(event: EventRecord, matched: string): string;
}

/** The writer of a stream whose frames have a name. */
export const named = (name: string, body: (event: EventRecord, matched: string) => string): FrameWriter => ({
  sse: (event, matched) => `id: ${event.id}\nevent: ${name}\ndata: ${body(event, matched)}\n\n`,
  ndjson: (event, matched) => `{"id":"${event.id}","event":"${name}","data":${body(event, matched)}}\n`,
});

/** The stored JSON is spliced in as it is: one line, because JSON escapes every line break inside a string. */
export const pubBody = (event: EventRecord, head: string, matched: string): string =>
  `{${head},"scope":${JSON.stringify(event.scope)},"topic":${JSON.stringify(event.topic)},"data":${event.data},` +
  `"seq":${event.ephemeral ? 'null' : event.seq},"ts_ns":${nanos(event.ts)},"source":${JSON.stringify(event.source)},` +
  `${typeof event.session === 'string' ? `"session_id":${JSON.stringify(event.session)},` : ''}${event.retained ? '"retained":true,' : ''}"matched":${matched}}`;

/** `pub` frames, for streams that share them: no subscription of one of them is named. */
export const pubFrames: FrameWriter = named('pub', (event, matched) => pubBody(event, '"subscription_id":null', matched));
