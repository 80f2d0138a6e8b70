import type { EventDraft } from '../../kernel/context';
import { dropFront } from './hole';
import { CHANNELS, decode, wholeCharacters, type Channel, type JobFolders } from './output';

/** Bytes of one channel that one round tells the event log; what is beyond is counted, and stays in the file. */
const EVENT_BYTES = 8 * 1024;
/** The file is cut when it is over its limit by this part of it, so that a busy job is not cut at every round. */
const SLACK = 8;
const LEAST_SLACK = 4096;

/** What is known of one job's output while it runs. */
export class Capture {
  private readonly told: Record<Channel, number>;
  readonly dropped: Record<Channel, number>;

  constructor(
    private readonly folders: JobFolders,
    private readonly id: number,
    private readonly source: string,
    private readonly keepBytes: number,
    start: { readonly told: Record<Channel, number>; readonly dropped: Record<Channel, number> },
  ) {
    this.told = { ...start.told };
    this.dropped = { ...start.dropped };
  }

  sizes(): Record<Channel, number> {
    return this.folders.sizes(this.id);
  }

  /** What there is to store when nothing more will come, after one look at the files. */
  last(): { readonly sizes: Record<Channel, number>; readonly news: EventDraft[]; readonly surplus: Record<Channel, number> | null } {
    const sizes = this.sizes();
    return { sizes, news: this.news(true, sizes), surplus: this.surplus(sizes) };
  }

  /** Events for what was written since the last round. `last`: nothing more will come, so half a character is told too. */
  news(last = false, sizes = this.sizes()): EventDraft[] {
    return CHANNELS.flatMap((channel) => {
      const size = sizes[channel];
      if (size === this.told[channel]) return [];
      const from = Math.max(this.told[channel], size - EVENT_BYTES, this.dropped[channel]);
      const skipped = from - this.told[channel];
      const read = size > from ? this.folders.read(this.id, channel, from, size - from) : new Uint8Array(0);
      const bytes = last ? read : read.subarray(0, wholeCharacters(read));
      if (bytes.length === 0) return [];
      this.told[channel] = from + bytes.length;
      const text = decode(bytes);
      const what = text === null ? { bytes_b64: Buffer.from(bytes).toString('base64') } : { data: text };
      const data = { ...what, bytes: bytes.length, offset: from, ...(skipped > 0 ? { skipped } : {}) };
      return [{ kind: 'job', scope: `job:${this.id}`, topic: channel, source: this.source, data }];
    });
  }

  /** What has to be dropped to stay within the limit; null when nothing. To be stored before `cut`. */
  surplus(sizes = this.sizes()): Record<Channel, number> | null {
    let over = false;
    const wanted = { ...this.dropped };
    for (const channel of CHANNELS) {
      const size = sizes[channel];
      if (size - this.dropped[channel] <= this.keepBytes + Math.max(LEAST_SLACK, Math.floor(this.keepBytes / SLACK))) continue;
      wanted[channel] = size - this.keepBytes;
      over = true;
    }
    return over ? wanted : null;
  }

  /** Gives the space back; says what is dropped now, which may be more than was asked for. */
  cut(wanted: Record<Channel, number>): Record<Channel, number> {
    for (const channel of CHANNELS) {
      if (wanted[channel] <= this.dropped[channel]) continue;
      const size = this.folders.size(this.id, channel);
      this.dropped[channel] = this.folders.open(this.id, channel, (fd) => dropFront(fd, wanted[channel], size), 'r+') ?? wanted[channel];
    }
    return { ...this.dropped };
  }
}
