import { parseObject } from './error';

/** What the daemon says of a session, as a client reads it: an event of the transcript when it has a `seq`, else an answer or a remark. */
export interface SessionFrame {
  readonly type: string;
  readonly text: string;
  readonly seq: number | null;
  readonly turn: string | null;
  /** Of the frame it answers. */
  readonly reqId: string | number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Told of this connection alone: their number says how far it has come. */
const SIGNALS = new Set(['live', 'ended', 'shutdown']);

/** Null for what is no frame of a session. Types that are not known are frames too. */
export function readFrame(text: string): SessionFrame | null {
  const data = parseObject(text);
  if (!data || typeof data.type !== 'string') return null;
  const { type, seq, turn_id, req_id } = data;
  return {
    type,
    text,
    seq: Number.isSafeInteger(seq) && !SIGNALS.has(type) ? (seq as number) : null,
    turn: typeof turn_id === 'string' ? turn_id : null,
    reqId: typeof req_id === 'string' || typeof req_id === 'number' ? req_id : null,
    data,
  };
}

/** Whether it is the one event that ends a turn. */
export const endsTurn = ({ type, seq, turn }: SessionFrame): boolean => seq !== null && turn !== null && (type === 'done' || type === 'error');

/** A text member, or nothing. */
export const textOf = ({ data }: SessionFrame, member: string): string => (typeof data[member] === 'string' ? (data[member] as string) : '');
