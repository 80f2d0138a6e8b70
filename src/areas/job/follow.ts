import type { Frame } from '../../kernel/stream';
import { isOver } from './model';
import { CHANNELS, decode, wholeCharacters, type Channel, type JobFolders } from './output';
import type { JobRow } from './row';
import { rfc3339 } from './settle';

const CHUNK_BYTES = 32 * 1024;
/** How often a file that grows is looked at while somebody follows. */
const POLL_MS = 20;

export type From = Readonly<Record<Channel, number | 'end'>>;

export interface Followed {
  readonly get: () => JobRow;
  /** First offsets that are still there. */
  readonly dropped: () => Readonly<Record<Channel, number>>;
  /** Calls once when the job is over or zd stops; the result takes it back. */
  readonly onOver: (call: () => void) => () => void;
  readonly stopping: () => boolean;
  readonly folders: JobFolders;
}

/**
 * The output of one job from given offsets on, while it grows, then `complete`, which comes after the last byte. A frame's id is
 * `OUT:ERR`, the offsets behind it: to go on from an id is to go on from those offsets, so nothing is lost or doubled.
 */
export async function* followOutput(followed: Followed, from: From, channels: readonly Channel[], signal: AbortSignal): AsyncGenerator<Frame> {
  const { folders } = followed;
  const sizes = folders.sizes(followed.get().job_id);
  const place = (channel: Channel) => Math.min(from[channel] === 'end' ? sizes[channel] : from[channel], sizes[channel]);
  const at = { stdout: place('stdout'), stderr: place('stderr') };
  const id = () => CHANNELS.map((channel) => at[channel]).join(':');
  while (!signal.aborted) {
    // Read before the files: what is over has written its last byte.
    const row = followed.get();
    const over = isOver(row.state);
    let moved = false;
    for (const channel of channels) {
      for (;;) {
        const first = followed.dropped()[channel];
        if (at[channel] < first) {
          const lost = { job_id: row.job_id, channel, from: at[channel], to: first, missed: first - at[channel] };
          at[channel] = first;
          yield { id: id(), event: 'gap', data: lost };
        }
        const read = folders.read(row.job_id, channel, at[channel], CHUNK_BYTES);
        const whole = wholeCharacters(read);
        // Half a character at the end is told only when no more can come.
        const bytes = whole > 0 && whole < read.length ? read.subarray(0, whole) : over || whole > 0 ? read : read.subarray(0, 0);
        if (bytes.length === 0 || signal.aborted) break;
        const offset = at[channel];
        at[channel] += bytes.length;
        moved = true;
        yield { id: id(), event: channel, data: { job_id: row.job_id, offset, bytes: bytes.length, ...contentOf(bytes) } };
      }
    }
    if (over) return yield { id: id(), event: 'complete', data: completion(row) };
    if (followed.stopping()) return yield { id: id(), event: 'shutdown', data: { reason: 'stopping' } };
    if (!moved) await pause(followed, signal);
  }
}

const contentOf = (bytes: Uint8Array) => {
  const text = decode(bytes);
  return text === null ? { bytes_b64: Buffer.from(bytes).toString('base64') } : { data: text };
};

const completion = (row: JobRow) => ({
  job_id: row.job_id,
  state: row.state,
  exit_code: row.exit_code,
  signal: row.signal,
  error: row.error,
  finished_at: row.finished_at === null ? null : rfc3339(row.finished_at),
});

/** Until the next look, the end of the job, or the client's leaving. */
function pause(followed: Followed, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      takeBack();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, POLL_MS);
    const takeBack = followed.onOver(done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
