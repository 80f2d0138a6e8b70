import { failureBody, ZdError } from '../../../kernel/error';
import { parseJson } from '../../../kernel/json';
import type { RouteCall } from '../../../kernel/route';
import { t } from '../../../kernel/schema';
import type { MeshService } from '../service';
import type { Session } from '../sessions';

export const KiB = 1024;

/**
 * A failure as clients of this interface read it: `error` is a text or a word they switch on, what belongs to it stands beside it, and `code` is
 * zd's own where `error` is only a text.
 */
export function v1Failure(error: ZdError): Record<string, unknown> {
  const { error: said, ...more } = (error.detail.extra ?? {}) as Record<string, unknown>;
  if (typeof said === 'string' && /^[a-z_]+$/.test(said)) return { error: said, ...more };
  const { msg, code, hint, path } = failureBody(error, '');
  return { error: said ?? msg, code, hint, ...(path === undefined ? {} : { path }), ...more };
}

/** What every route of the interface shares. */
export const V1 = { failureBody: v1Failure } as const;

export const answer = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status, headers: HEADERS });

export const reply = (description: string, status = 200) => ({ status, description, type: 'application/json', schema: t.Object({}) });

const DEPTH = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });
const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** The body as JSON; `bad_json`, or `too_large` with the limit. Nothing over the limit is held. */
export async function readJson(call: RouteCall, limit: number): Promise<unknown> {
  const tooLarge = () => new ZdError('too_large', `The body is larger than ${limit} bytes.`, { extra: { error: 'payload_too_large', limit } });
  const bytes = await call.bytes(limit);
  if (!bytes) throw tooLarge();
  if (bytes.length === 0) throw new ZdError('bad_args', 'The request has no body.', { extra: { error: 'expected JSON object' } });
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new ZdError('bad_json', 'The body is not UTF-8.', { extra: { error: 'invalid_json' } });
  }
  try {
    return parseJson(text, DEPTH);
  } catch (error) {
    throw new ZdError('bad_json', (error as Error).message, { extra: { error: 'invalid_json', detail: (error as Error).message } });
  }
}

export async function readObject(call: RouteCall, limit: number): Promise<Record<string, unknown>> {
  const value = await readJson(call, limit);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('expected JSON object', '');
}

/** `bad_args` whose `error` is the text clients know. */
export const invalid = (error: string, path: string): ZdError => new ZdError('bad_args', error, { path, extra: { error } });

/**
 * The session a request comes from, if its token is one. Over TCP `Authorization` holds the bearer token, so there is a header of its own.
 * Who says nothing, or names a session that has ended, is no session.
 */
export function sessionOf({ sessions }: MeshService, headers: Headers): Session | null {
  const token = /^ClaudeMesh-Session ([0-9a-f]{64})$/i.exec(headers.get('authorization') ?? '')?.[1] ?? headers.get('x-claudemesh-session');
  return token !== null && token !== undefined && /^[0-9a-f]{64}$/i.test(token) ? sessions.resolve(token.toLowerCase()) : null;
}

/** Milliseconds of an ISO time in a query. */
export function timeOf(text: string | undefined, field: string): number | null {
  if (text === undefined || text === '') return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalid(`'${field}' is not a time`, `/${field}`);
  return time;
}

export const clamp = (value: number | undefined, fallback: number, most: number): number => Math.min(most, Math.max(1, value ?? fallback));

export const LIMIT = t.Optional(t.Integer({ description: 'Rows at most.' }));
export const MESH = t.Optional(t.String({ maxLength: 64, description: 'The slug of one mesh.' }));
