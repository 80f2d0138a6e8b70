import type { Caller, Scope } from './caller';
import type { Clock } from './clock';
import type { Code, CommonCode } from './codes';
import type { Connection } from './connection';
import type { FailureDetail, ZdError } from './error';
import type { Logger } from './log';

/** A fact for the event log. `topic` and `data` come from the publisher, the rest from who it is. */
export interface EventDraft {
  readonly kind: string;
  readonly scope: string;
  /** Further scopes it is found under, such as the tags of the shell it comes from. */
  readonly also?: readonly string[];
  readonly topic: string;
  readonly source: string;
  /** The session a private event belongs to: only streams of that session get it. */
  readonly session?: string | null;
  /** Private when there is a session, public otherwise. A private event without a session is for nobody but the database. */
  readonly visibility?: 'public' | 'private';
  /** Milliseconds after which it is neither replayed nor listed, and its content is removed. */
  readonly ttlMs?: number;
  /** Kept as the latest of its scope and topic, for whoever asks for it, until one of the same topic without data clears it. */
  readonly retain?: boolean;
  readonly data: unknown;
  /** `data` as compact JSON, when the publisher has made it already. */
  readonly json?: string;
}

/** What the publisher of a stored event calls it, so that a repetition within the window is recognised. */
export interface EventKey {
  readonly publisher: string;
  readonly key: string;
}

export interface EventRecord {
  /** Gapless, from 1, allotted in the transaction that commits the event. */
  readonly seq: number;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly ts: number;
  readonly kind: string;
  readonly scope: string;
  /** Further scopes it is found under, one a line. */
  readonly also?: string | null;
  readonly topic: string;
  readonly source: string;
  readonly visibility: 'public' | 'private';
  readonly session?: string | null;
  /** Compact JSON text: stored once, sent as it is. */
  readonly data: string;
  /** Sent as the latest of its topic, not at its place in the log; `id` is that of the place where the stream begins. */
  readonly retained?: boolean;
  /** Never stored: `seq` and `id` are those of the last event stored before it. */
  readonly ephemeral?: boolean;
}

/** `duplicate`: the key was used before, `event` is the first event under it as far as it is known, and nothing was stored or sent. */
export interface Published {
  readonly event: Pick<EventRecord, 'seq' | 'id' | 'ts'>;
  /** Live streams it was queued to. */
  readonly delivered: number;
  readonly duplicate: boolean;
}

/** The one event log. A publish resolves when its event is committed; subscribers hear it right after. */
export interface EventService {
  publish(draft: EventDraft, key?: EventKey): Promise<Published>;
  /** Sends an event to the live streams and keeps nothing of it, in order with what the same caller stores. */
  broadcast(draft: EventDraft): Promise<Published>;
  /** Adds an event to the write of `zd.db` that is under way, so it is stored exactly when the fact it tells of is. Only inside a write's work. */
  append(draft: EventDraft): EventRecord;
}

/**
 * What handlers may use. An area adds its own services by module augmentation (`declare module` in its own
 * folder), and reaches another area only through a type that stands here.
 */
export interface Services {
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventService;
}

/** One call. `fail` takes only codes the op declares, so an undeclared code is a compile error. */
export interface Call<E extends Code = Code> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly signal: AbortSignal;
  /** What the call came through, where that outlives the call and can own what the call sets up. */
  readonly connection?: Connection;
  /** Demands a scope beyond the declared one, for what only some inputs reach. Throws `scope_denied`; a stream ends when its token loses it. */
  need(scope: Scope): void;
  fail(code: E | CommonCode, message?: string, detail?: FailureDetail): ZdError;
}
