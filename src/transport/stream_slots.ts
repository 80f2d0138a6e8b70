import type { Caller } from '../kernel/caller';
import { ZdError } from '../kernel/error';

export interface StreamLimits {
  readonly streams: number;
  readonly streamsPerToken: number;
}

/** Counts the open streams, in all and per token, and refuses what passes the limits. */
export class StreamSlots {
  private readonly held = new Map<string, number>();
  /** Streams open now. */
  open = 0;

  constructor(private readonly counters: { streamOpened(): void; streamClosed(): void }) {}

  /** Takes a slot or throws `too_many`; the returned function gives it back and must be called once. */
  admit(caller: Caller, limits: StreamLimits): () => void {
    const label = caller.label ?? caller.via;
    const held = this.held.get(label) ?? 0;
    if (this.open >= limits.streams) throw new ZdError('too_many', `zd has ${limits.streams} streams open.`, { extra: { limit: limits.streams } });
    if (caller.label !== null && held >= limits.streamsPerToken) {
      throw new ZdError('too_many', `This token has ${limits.streamsPerToken} streams open.`, { extra: { limit: limits.streamsPerToken } });
    }
    this.held.set(label, held + 1);
    this.open++;
    this.counters.streamOpened();
    return () => {
      this.open--;
      const left = (this.held.get(label) ?? 1) - 1;
      if (left > 0) this.held.set(label, left);
      else this.held.delete(label);
      this.counters.streamClosed();
    };
  }
}
