import { ZdError } from '../../kernel/error';
import { canonicalMeta } from './wire/canonical';
import { requestFingerprint } from './wire/fingerprint';
import { PRIORITIES, type Priority } from './wire/frame_fields';
import { fingerprintTarget, parseTarget, type Target } from './wire/target';

/** A message somebody wants sent, checked; nothing is stored or looked up yet. */
export interface SendRequest {
  readonly target: Target;
  readonly kind: 'topic' | 'dm';
  readonly ref: string;
  readonly message: string;
  readonly priority: Priority;
  /** Canonical JSON; empty for none. */
  readonly meta: string;
  readonly replyToId: string | null;
  /** The caller's own; null when one is to be made. */
  readonly clientMessageId: string | null;
  readonly mesh: string | null;
  readonly fingerprint: Uint8Array;
}

/** Longest key a caller may give its message, and longest id it may reply to. */
export const MAX_ID_CHARS = 256;
const MAX_TO_CHARS = 512;

const refuse = (error: string, path: string): ZdError =>
  new ZdError('bad_args', path === '' ? error : `${path}: ${error}`, { path, extra: { error } });

/** The request in a parsed body; a key in the header wins over one in the body. Throws `bad_args`. Unknown fields are ignored, as clients rely on it. */
export function readSendRequest(body: unknown, header: string | null): SendRequest {
  if (typeof body !== 'object' || body === null) throw refuse('expected JSON object', '');
  const { to, message, priority = null, meta = null, reply_to_id: replyTo, client_message_id: bodyKey, mesh } = body as Record<string, unknown>;
  if (typeof to !== 'string' || to.trim() === '') throw refuse("missing 'to'", '/to');
  if (typeof message !== 'string' || message === '') throw refuse("missing 'message'", '/message');
  if (!message.isWellFormed()) throw refuse("'message' is not valid Unicode", '/message');
  if (priority !== null && !PRIORITIES.includes(priority as Priority)) throw refuse("priority must be 'now' | 'next' | 'low'", '/priority');
  if (typeof meta !== 'object' || Array.isArray(meta)) throw refuse("'meta' must be an object", '/meta');
  const target = parseTarget(printable(to.trim(), 'to', MAX_TO_CHARS));
  const destination = fingerprintTarget(to);
  if (!target || !destination) throw refuse("'to' names nobody", '/to');
  const replyToId = printable(optional(replyTo, 'reply_to_id'), 'reply_to_id', MAX_ID_CHARS) || null;
  const key = (header ?? '').split(',', 1)[0]!.trim() || optional(bodyKey, 'client_message_id').trim();
  const parts = { replyToId, priority: (priority ?? 'next') as Priority };
  return {
    ...{ ...parts, target, ...destination, message },
    meta: metaText(meta as Record<string, unknown> | null),
    clientMessageId: printable(key, 'client_message_id', MAX_ID_CHARS) || null,
    mesh: optional(mesh, 'mesh').trim() || null,
    fingerprint: requestFingerprint({ ...parts, ...destination, meta: meta as Record<string, unknown> | null, body: message }),
  };
}

function metaText(meta: Record<string, unknown> | null): string {
  try {
    return canonicalMeta(meta);
  } catch {
    throw refuse("'meta' is not valid Unicode", '/meta');
  }
}

function optional(value: unknown, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw refuse(`'${field}' must be a string`, `/${field}`);
  return value;
}

/** A zero byte would shift the parts of the fingerprint; other control characters have no business in an id. */
function printable(text: string, field: string, longest: number): string {
  if (text.length > longest) throw refuse(`'${field}' is longer than ${longest} characters`, `/${field}`);
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) throw refuse(`'${field}' has characters that cannot be printed`, `/${field}`);
  return text;
}
