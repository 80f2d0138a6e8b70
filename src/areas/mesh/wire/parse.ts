import type { TObject } from '../../../kernel/schema';
import { checker } from '../../../kernel/validate';
import { BROKER_FRAMES, type BrokerFrame } from './frames_broker';
import { CLIENT_FRAMES, type ClientFrame } from './frames_client';
import { LIMITS } from './limits';

export type RefusalCode = 'frame_too_large' | 'malformed_frame' | 'unknown_message_type' | 'invalid_frame';

/** Why a text is no frame, and what its sender called it, so that it hears of it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Its type, when it is a known one. */
  readonly type?: string;
  readonly id?: string;
  readonly _reqId?: string;
}

export type Parsed<F> = { readonly frame: F; readonly refused?: undefined } | { readonly frame?: undefined; readonly refused: Refusal };

/** What a client sent. Never throws, whatever it is. */
export const parseClientFrame = (raw: string | Uint8Array): Parsed<ClientFrame> => parse(raw, CLIENT_FRAMES, LIMITS.clientFrame);

/** What a broker sent. */
export const parseBrokerFrame = (raw: string | Uint8Array): Parsed<BrokerFrame> => parse(raw, BROKER_FRAMES, LIMITS.brokerFrame);

function parse<F>(raw: string | Uint8Array, frames: Readonly<Record<string, TObject>>, limit: number): Parsed<F> {
  if (typeof raw !== 'string') return { refused: { code: 'malformed_frame', message: 'a frame is JSON text, not bytes' } };
  // A character is up to three bytes of UTF-8, so only texts between the two bounds are measured.
  if (raw.length > limit || (raw.length * 3 > limit && Buffer.byteLength(raw) > limit))
    return { refused: { code: 'frame_too_large', message: `a frame has at most ${limit} bytes` } };
  if (tooDeep(raw)) return { refused: { code: 'malformed_frame', message: `a frame is at most ${LIMITS.depth} levels deep` } };
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return { refused: { code: 'malformed_frame', message: 'a frame is one JSON object' } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { refused: { code: 'malformed_frame', message: 'a frame is one JSON object' } };
  const { type, id, _reqId } = value as Record<string, unknown>;
  const whose = { ...(typeof id === 'string' ? { id } : {}), ...(typeof _reqId === 'string' ? { _reqId } : {}) };
  const schema = typeof type === 'string' && Object.hasOwn(frames, type) ? frames[type] : undefined;
  if (!schema)
    return {
      refused: { code: 'unknown_message_type', message: `there is no frame type ${JSON.stringify(type)?.slice(0, 64) ?? '(none)'}`, ...whose },
    };
  const check = checker(schema);
  if (check.Check(value)) return { frame: value as F };
  const fault = check.Errors(value).First();
  return {
    refused: {
      code: 'invalid_frame',
      message: `${fault?.path ?? ''}: ${fault?.message ?? 'not valid'}`.slice(0, 300),
      type: type as string,
      ...whose,
    },
  };
}

const QUOTE = 34;
const BACKSLASH = 92;

/** Brackets are counted outside strings; what no parser has looked at yet must not be walked by recursion. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === BACKSLASH) at++;
      else if (char === QUOTE) quoted = false;
    } else if (char === QUOTE) quoted = true;
    else if (char === 123 || char === 91) {
      if (++depth > LIMITS.depth) return true;
    } else if (char === 125 || char === 93) depth--;
  }
  return false;
}
