import type { EncodedFrames, Frame, Opening } from '../../kernel/stream';
import type { Cursors } from './cursors';
import type { Filter } from './filter';
import type { RecentEvents } from './recent';
import type { Retained } from './retained';
import type { Subscribers } from './subscribers';
import type { WebhookService } from './webhook_channel';
import type { ListQuery, ListPage } from './history';
import type { LostRange } from './recovery';
import type { Since } from './since';

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
  /** Times a stream was told that it read too slowly, and the events it missed by that. */
  readonly lagged: number;
  readonly missed: number;
  /** Events read from the log for streams that resumed. */
  readonly replayed: number;
  /** Streams that hear live, and the longest and the largest queue among them. */
  readonly subscribers: number;
  readonly deepest: { readonly events: number; readonly bytes: number };
  /** Numbers whose events a crash took, oldest first. */
  readonly lost: readonly LostRange[];
  /** Per kind what is kept now. */
  readonly kinds: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
}

export interface FollowOptions extends Pick<Opening, 'relay'> {
  /** Told at once behind which id the frames begin. */
  readonly startsBehind?: (id: string) => void;
  /** When the latest retained events come before what follows: at the start and behind a gap, or only behind one. Never without it. */
  readonly retained?: 'start' | 'gap';
}

declare module '../../kernel/context' {
  interface Services {
    readonly subscribers: Subscribers;
    readonly webhooks: WebhookService;
  }

  interface EventService {
    /**
     * Follows the log from the moment of the call, or from `since`: an event's id as text, or what `parseSince` made. Holds a
     * subscription until the generator ends or `signal` aborts. Throws `shutting_down` once the log has been stopped.
     */
    follow(filter: Filter, since: string | Since | null, signal: AbortSignal, options?: FollowOptions): AsyncGenerator<Frame | EncodedFrames>;
    /** A page of stored events, null when the cursor is none of this log's. Gives way to other work while it looks; ends early when `signal` aborts. */
    list(query: ListQuery, signal: AbortSignal): Promise<ListPage | null>;
    /** The newest events for a filter, from right before the event with a number. */
    recent(filter: Filter, limit: number, before: number | null): Promise<RecentEvents>;
    figures(): EventFigures;
    /** Where named readers are. */
    readonly cursors: Cursors;
    /** The latest event of each topic that is to be kept. */
    readonly retained: Retained;
  }
}
