import { follow } from '../client/follow';
import type { StreamEvent } from '../kernel/event_stream';
import { millis } from '../kernel/clock';
import type { Entry } from './catalogue';
import { Acknowledger } from './acknowledge';
import type { Invocation, Parsed } from './command';
import { runFor } from './exec';
import { cell } from './format';

/** Frames about the stream itself: they do not count as events, and a person reads of them on stderr. */
const CONTROL = new Set(['stream', 'cursor', 'gap', 'lagged', 'state', 'end', 'shutdown']);

/** Prints a stream's events, or runs a command for each, until the count is reached, the time is over or Ctrl-C. Breaks are resumed by id, or as `resume` does it. */
export async function runStream(
  entry: Entry,
  input: Record<string, unknown>,
  args: Parsed,
  invocation: Invocation,
  resume: typeof follow = follow,
): Promise<number> {
  const { globals, out, client } = invocation;
  const signal = invocation.interrupted();
  const over = new AbortController();
  const limit = globals.timeoutMs === undefined ? undefined : setTimeout(() => over.abort(), globals.timeoutMs);
  // A stream that knows more beginnings than an id takes the text itself, and checks it.
  const since = entry.input.properties?.since ? undefined : (args.since as string | undefined);
  const options = { signal: AbortSignal.any([signal, over.signal]), lastEventId: since };
  const events =
    args.reconnect === false
      ? client().stream(entry.path!, input, options)
      : resume(client(), entry.path!, input, {
          ...options,
          onBreak: () => out.note('zd: the connection broke; waiting for the daemon'),
          onBack: () => out.note('zd: connected again'),
        });
  const command = args.exec as readonly string[] | undefined;
  const acknowledger = typeof input.cursor === 'string' ? new Acknowledger(client(), input.cursor) : null;
  // What was missed comes with the next stream only if nothing behind it is acknowledged.
  let missed = false;
  let left = (args.count as number | undefined) ?? Infinity;
  let code = 0;
  try {
    for await (const event of events) {
      const control = CONTROL.has(event.event);
      if (globals.json && !command) out.line(ndjson(event));
      else if (control) {
        if (event.event !== 'cursor') out.note(`zd: ${event.event}: ${event.data}`);
      } else if (command) code = await runFor(event, command, signal);
      else out.line(human(event, entry.cli?.essential ?? 'data', globals.quiet));
      // What a named reader failed at is not acknowledged, nor anything behind it: it comes again.
      if (acknowledger && code !== 0) return code;
      if (event.event === 'lagged') missed = true;
      if (!control && !missed) acknowledger?.done(event.id);
      if (!control && --left <= 0) return code;
      if (event.event === 'end') return code;
    }
    return code;
  } catch (error) {
    if (over.signal.aborted && !signal.aborted) return 124;
    throw error;
  } finally {
    await acknowledger?.settled();
    clearTimeout(limit);
  }
}

/** The frame as the API's own NDJSON has it; the data keeps its very text. */
const ndjson = ({ id, event, data }: StreamEvent): string =>
  `{${id === '' ? '' : `"id":${JSON.stringify(id)},`}"event":${JSON.stringify(event)},"data":${data}}`;

/** `12:00:01 scope topic data`; with `-q` the data alone. */
function human({ event, data }: StreamEvent, main: string, quiet: boolean): string {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return data;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return quiet ? data : `${event} ${data}`;
  const record = value as Record<string, unknown>;
  const from = typeof record.from === 'string' ? `${cell(record.from)} -> ` : '';
  const payload = from + text(record, main, data);
  if (quiet) return payload;
  const time = typeof record.ts_ns === 'number' ? new Date(millis(record.ts_ns)) : new Date();
  const head = [time.toLocaleTimeString('en-GB'), record.scope ?? record.kind ?? event, record.topic]
    .filter((part) => part !== undefined)
    .map((part) => cell(part));
  return [...head, payload].join(' ');
}

const text = (record: Record<string, unknown>, main: string, data: string): string => {
  if (!(main in record)) return data;
  return typeof record[main] === 'string' ? cell(record[main]) : JSON.stringify(record[main]);
};
