/** One event of a stream. `data` is the text as it was sent, one JSON document. */
export interface StreamEvent {
  /** The last id the stream named; empty before the first one. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export interface StreamSettings {
  /** Called before the first event with the id behind which the events begin, where the server tells it. */
  readonly onStart?: (id: string) => void;
  /** Called when the server names a reconnection time, in milliseconds. */
  readonly onRetry?: (ms: number) => void;
  /** Called when the server says that there is nothing more to come, now or later. */
  readonly onFinished?: () => void;
}

/** Reads the event-stream format as WHATWG HTML §9.2.6 says: any of the three line ends, BOM, comments, several `data` lines. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>, settings: StreamSettings = {}): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (;;) {
      const end = lineEnd(rest, start);
      if (end === null) break;
      const line = rest.slice(start, end.at);
      start = end.next;
      if (line === '') {
        if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
        event = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon === -1 ? line : line.slice(0, colon);
      const raw = colon === -1 ? '' : line.slice(colon + 1);
      const value = raw.startsWith(' ') ? raw.slice(1) : raw;
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
      else if (field === 'id' && !value.includes('\0')) id = value;
      else if (field === 'retry' && /^\d+$/.test(value)) settings.onRetry?.(Number(value));
    }
    rest = rest.slice(start);
  }
}

/** The next line end from `start`; null while it is not there yet. A CR at the very end may be half of a CRLF, so it waits. */
function lineEnd(text: string, start: number): { at: number; next: number } | null {
  const lf = text.indexOf('\n', start);
  const cr = text.indexOf('\r', start);
  if (cr === -1 || (lf !== -1 && lf < cr)) return lf === -1 ? null : { at: lf, next: lf + 1 };
  if (cr === text.length - 1) return null;
  return { at: cr, next: text[cr + 1] === '\n' ? cr + 2 : cr + 1 };
}
