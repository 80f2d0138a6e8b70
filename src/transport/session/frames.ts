import { nanos } from '../../kernel/clock';
import { CODES, type Code } from '../../kernel/codes';
import { ZdError } from '../../kernel/error';
import { parseJson } from '../../kernel/json';
import { strict, t, type Static, type TObject } from '../../kernel/schema';
import { validateInput } from '../../kernel/validate';

/** Whose input a session takes: `mirror` as long as nobody owns it, `takeover` from now on this client's alone, `observe` never this client's. */
export type Mode = 'mirror' | 'takeover' | 'observe';

/** What a client sends, by type. Every frame may have a `req_id`, which the answer to it repeats; members that are not known are ignored. */
const CLIENT = {
  message: { content: t.String({ minLength: 1 }), queue: t.Optional(t.Boolean()) },
  command: { name: t.String(), args: t.String() },
  cancel: {},
  status: {},
  history: { before: t.Optional(t.Integer({ minimum: 1 })), limit: t.Optional(t.Integer({ minimum: 1, maximum: 50_000 })) },
  attach: {
    session: t.Optional(t.String({ minLength: 1, maxLength: 256 })),
    since: t.Optional(t.Integer({ minimum: 0 })),
    tail: t.Optional(t.Integer({ minimum: 0 })),
    mode: t.Optional(t.Union([t.Literal('mirror'), t.Literal('takeover'), t.Literal('observe')])),
  },
  answer: {
    approval_id: t.String({ minLength: 1, maxLength: 128 }),
    option_id: t.Optional(t.String({ minLength: 1, maxLength: 1000 })),
    decision: t.Optional(t.Union([t.Literal('allow'), t.Literal('always'), t.Literal('deny'), t.Literal('never')])),
  },
} as const;
export type ClientType = keyof typeof CLIENT;

type Members<T extends ClientType> = Static<TObject<(typeof CLIENT)[T]>>;
export type ReqId = string | number;
export type ClientFrame = { [T in ClientType]: { readonly type: T; readonly req_id?: ReqId } & Members<T> }[ClientType];

const REQ_ID = t.Union([t.String({ minLength: 1, maxLength: 100 }), t.Integer()]);
const schemas = new Map<ClientType, TObject>();

/** Made at first use: most daemons never see a viewer. */
function schemaOf(type: ClientType): TObject {
  let schema = schemas.get(type);
  if (!schema) schemas.set(type, (schema = strict({ ...CLIENT[type], type: t.Literal(type), req_id: t.Optional(REQ_ID) }) as unknown as TObject));
  return schema;
}

/** Codes that only frames have. */
export type FrameCode = Code | 'invalid_frame' | 'unknown_frame' | 'unknown_command' | 'not_attached';

/** A frame that cannot be done, for the one who sent it. */
export class FrameFault extends Error {
  constructor(
    readonly code: FrameCode,
    message: string,
    readonly reqId?: ReqId,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

export const tooLarge = (bytes: number, limit: number): FrameFault =>
  new FrameFault('too_large', `Message too large: ${bytes} bytes exceeds limit of ${limit} bytes`, undefined, { limit });

/** The members of a text frame. Throws a `FrameFault` with `invalid_frame`. */
export function parseFrame(text: string, depth: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(text, depth);
  } catch (error) {
    throw new FrameFault('invalid_frame', `The frame is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrameFault('invalid_frame', 'A frame is a JSON object.');
  return value as Record<string, unknown>;
}

/** Throws a `FrameFault` with what is wrong. */
export function clientFrame(members: Readonly<Record<string, unknown>>): ClientFrame {
  const { type, req_id } = members;
  const reqId = typeof req_id === 'string' || Number.isSafeInteger(req_id) ? (req_id as ReqId) : undefined;
  if (typeof type !== 'string') throw new FrameFault('invalid_frame', 'A frame has a `type`.', reqId);
  if (!Object.hasOwn(CLIENT, type)) throw new FrameFault('unknown_frame', `There is no frame of the type "${type.slice(0, 100)}".`, reqId);
  const schema = schemaOf(type as ClientType);
  const known = Object.fromEntries(Object.entries(members).filter(([name]) => Object.hasOwn(schema.properties, name)));
  try {
    return validateInput(schema, known) as unknown as ClientFrame;
  } catch (error) {
    if (!(error instanceof ZdError)) throw error;
    throw new FrameFault('invalid_frame', `${type}: ${error.message}`, reqId);
  }
}

/** One line of what was said, as a person reads it. */
export type Entry = { readonly time: string; readonly ts_ns: number; readonly seq: number; readonly turn_id: string | null } & (
  | { readonly role: 'user'; readonly content: string; readonly trigger: unknown; readonly by: unknown }
  | { readonly role: 'thinking' | 'text' | 'system' | 'error'; readonly content: string }
  | { readonly role: 'tool_use'; readonly tool_name: string; readonly tool_id: string; readonly input: unknown }
  | { readonly role: 'tool_result'; readonly tool_id: string; readonly tool_name: string; readonly result: string; readonly failed: boolean }
);

export interface Status {
  readonly model: string;
  readonly thinking: string;
  readonly streaming: boolean;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly session_cost: number;
  readonly connected_clients: number;
  readonly agent: string;
  readonly title: string | null;
  readonly cwd: string;
  readonly state: string;
  readonly turn_id: string | null;
  readonly queued: number;
  readonly pending_approvals: number;
  readonly auto_turns: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly client_id: string;
  readonly mode: Mode;
  readonly input_owner: string | null;
}

/**
 * What the daemon says beside what happens in the session, which every viewer gets as it is stored (`SessionEvent.frame`). None of these has a
 * `seq`: they are not part of the transcript.
 */
export type ServerFrame =
  | { readonly type: 'system'; readonly message: string; readonly code?: string; readonly [more: string]: unknown }
  | { readonly type: 'error'; readonly message: string; readonly code: FrameCode; readonly [more: string]: unknown }
  | { readonly type: 'history'; readonly messages: readonly Entry[]; readonly more: boolean; readonly from_seq: number; readonly to_seq: number }
  | ({ readonly type: 'status' } & Status)
  | ({ readonly type: 'attached'; readonly since: number; readonly pending: readonly unknown[] } & Status)
  | { readonly type: 'ack'; readonly of: ClientType; readonly turn_id: string | null; readonly [more: string]: unknown }
  | {
      readonly type: 'input_owner_changed';
      readonly from: string | null;
      readonly to: string | null;
      readonly reason: 'takeover' | 'released' | 'left';
    };

/** The text of a frame; `req_id` is that of the frame it answers. */
export function serverFrame({ type, ...members }: ServerFrame, session: string | null, now: number, reqId?: ReqId): string {
  return JSON.stringify({ type, session_id: session, ts_ns: nanos(now), ...(reqId === undefined ? {} : { req_id: reqId }), ...members });
}

/** Whatever went wrong, as a frame; null for what is our fault. */
export function faultFrame(error: unknown): { readonly frame: ServerFrame; readonly reqId?: ReqId } | null {
  if (error instanceof FrameFault) {
    const { code, message, reqId, extra } = error;
    return { frame: { ...extra, type: 'error', message, code }, ...(reqId === undefined ? {} : { reqId }) };
  }
  if (!(error instanceof ZdError) || error.code === 'internal') return null;
  const message = error.code === 'busy' ? 'already streaming — cancel first or wait' : error.message || CODES[error.code].message;
  const { input_owner } = error.detail.extra ?? {};
  return { frame: { ...(input_owner === undefined ? {} : { input_owner }), type: 'error', message, code: error.code } };
}
