import { follow } from '../client/follow';
import type { StreamEvent } from '../kernel/event_stream';
import type { Invocation } from './command';
import { writeAll } from './write';

export interface FollowJob {
  /** Offsets as `/stream/jobs` takes them. */
  readonly from?: string;
  readonly channel?: string;
  readonly signal: AbortSignal;
}

/** Writes a job's output as it comes, each channel to its own descriptor, and resolves with how it ended. Breaks are resumed by id. */
export async function followJob(invocation: Invocation, id: number, { signal, ...query }: FollowJob): Promise<Record<string, unknown>> {
  const { out, client } = invocation;
  const events = follow(
    client(),
    '/stream/jobs',
    { id, ...query },
    { signal, onBreak: () => out.note('zd: the connection broke; the job goes on'), onBack: () => out.note('zd: connected again') },
  );
  for await (const event of events) {
    const data = JSON.parse(event.data) as Record<string, unknown>;
    if (event.event === 'complete') return data;
    if (event.event === 'gap') writeAll(2, marker(Number(data.missed)));
    else write(event, data);
  }
  throw new Error('the stream of the job ended without its end');
}

/** Stands where bytes are missing. */
export const marker = (bytes: number): string => `[zd: ${bytes} bytes are no longer kept]\n`;

function write({ event }: StreamEvent, { data, bytes_b64: base64 }: Record<string, unknown>): void {
  const fd = event === 'stderr' ? 2 : event === 'stdout' ? 1 : null;
  if (fd === null) return;
  writeAll(fd, typeof base64 === 'string' ? Uint8Array.fromBase64(base64) : String(data));
}
