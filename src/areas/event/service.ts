import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { Filter } from './filter';

/** The event log in figures. */
export interface EventFigures {
  /** Events kept now, and their bytes. */
  readonly count: number;
  readonly bytes: number;
  /** Null while the log is empty. */
  readonly oldest: { readonly seq: number; readonly id: string; readonly ts: number } | null;
  readonly newest: { readonly seq: number; readonly id: string; readonly ts: number } | null;
  /** Open streams, and how many distinct filters they have. */
  readonly streams: number;
  readonly filters: number;
  /** Since start. */
  readonly published: number;
  readonly delivered: number;
  readonly missed: number;
}

declare module '../../kernel/context' {
  interface EventService {
    /**
     * Follows the log from the moment of the call, or from right behind `since` (an event's id). Holds a subscription until the
     * generator ends or `signal` aborts. Throws `shutting_down` once the log has been stopped.
     */
    follow(filter: Filter, since: string | null, signal: AbortSignal): AsyncGenerator<Frame | EncodedFrames>;
    figures(): EventFigures;
  }
}
