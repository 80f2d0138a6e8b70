/**
 * The one vocabulary of every viewer, whichever driver the agent has. Stored types:
 * - `user` `{content, trigger: user|queued_auto|event_auto|compaction, by}` begins a turn;
 * - `thinking` and `text` `{content, message_id?}` are joined pieces: their contents one after the other are the whole;
 * - `tool_use_start` `{tool_id, tool_name, kind?}`, `tool_use_delta` `{tool_id, delta}`, `tool_use` `{tool_id, tool_name, input, kind?, locations?}`,
 *   `tool_result_delta` `{tool_id, delta}`, `tool_result` `{tool_id, tool_name, result, failed, content?}`;
 * - `usage` `{input_tokens, output_tokens, cache_read?, cache_write?, context_used?, context_size?, cost?, currency?, model?}`;
 * - `approval` `{approval_id, tool_id, tool_name, input?, options: [{option_id, name, kind}], expires_at_ns}` and `approval_resolved`
 *   `{approval_id, outcome: answered|cancelled|expired, option_id, by}`;
 * - `plan` `{entries}`, `commands` `{commands}`, `mode` `{mode}`, `info` `{…}`: what the agent says of itself;
 * - `queued` `{queue_id, content, by, kind: message|event}` and `dequeued` `{queue_id, reason: sent|cancelled|interrupted}`;
 * - `notice` `{text}`, `system` `{message}`; `cleared` and `compacted` `{messages?}`; `auto_turn_cap_reached` `{cap}`;
 * - `acp.unknown` `{update}`: what the agent sent and nothing here knows;
 * - `done` `{stop_reason, duration_ms}` and `error` `{message, reason}` **end the turn they name; every turn has exactly one of them**. An
 *   `error` without a turn tells of what went wrong between turns.
 */
export const STORED_TYPES = [
  'user',
  'thinking',
  'text',
  'tool_use_start',
  'tool_use_delta',
  'tool_use',
  'tool_result_delta',
  'tool_result',
  'usage',
  'approval',
  'approval_resolved',
  'plan',
  'commands',
  'mode',
  'info',
  'queued',
  'dequeued',
  'notice',
  'system',
  'cleared',
  'compacted',
  'auto_turn_cap_reached',
  'acp.unknown',
  'done',
  'error',
] as const;
export type StoredType = (typeof STORED_TYPES)[number];

/**
 * Told to one follower and never stored; `seq` is that of the last event it was given, to resume by:
 * - `live` `{first_seq, last_seq}`: everything stored was given, from here on it is live;
 * - `lag` `{from, to, waiting}`: it read too slowly; nothing is lost, what waited comes from the store now;
 * - `gap` `{from, to, missed}`: these are no longer kept;
 * - `ended` `{reason: removed}` and `shutdown` `{reason}`: the last one.
 */
export type SignalType = 'live' | 'lag' | 'gap' | 'ended' | 'shutdown';

/** How a turn is named outside: unique for ever, since the id of a session is. */
export const turnId = (session: string, turn: number): string => `${session}.${turn}`;

/** One thing that happened in a session. Made once and shared by everybody who follows, and so is what it looks like on the wire. */
export class SessionEvent {
  private parsed: Readonly<Record<string, unknown>> | undefined;
  private written: string | undefined;

  constructor(
    readonly session: string,
    /** Gapless within the session, from 1. */
    readonly seq: number,
    /** Milliseconds since the Unix epoch. */
    readonly ts: number,
    readonly turn: number | null,
    readonly type: StoredType | SignalType,
    /** The data as compact JSON: an object. */
    readonly json: string,
  ) {}

  get data(): Readonly<Record<string, unknown>> {
    return (this.parsed ??= JSON.parse(this.json) as Readonly<Record<string, unknown>>);
  }

  get turnId(): string | null {
    return this.turn === null ? null : turnId(this.session, this.turn);
  }

  /** `{type, session_id, turn_id, seq, ts_ns, …data}` as text, made at the first call. Ids hold nothing that JSON escapes; milliseconds are a million nanoseconds. */
  frame(): string {
    if (this.written !== undefined) return this.written;
    const turn = this.turn === null ? 'null' : `"${this.session}.${this.turn}"`;
    const rest = this.json === '{}' ? '}' : `,${this.json.slice(1)}`;
    return (this.written = `{"type":"${this.type}","session_id":"${this.session}","turn_id":${turn},"seq":${this.seq},"ts_ns":${this.ts}000000${rest}`);
  }
}
