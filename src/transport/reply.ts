import { CODES } from '../kernel/codes';
import { failureBody, ZdError } from '../kernel/error';

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
/** A `Response` copies these; made anew from an object each time they would cost a small call a tenth. */
const init = (headers: Record<string, string>): ResponseInit => ({ headers: new Headers(headers) });
const JSON_INIT = init(JSON_HEADERS);
/** A reply to POST is not cached unless it says so (RFC 9111 §3). */
const OP_INIT = init({ 'content-type': 'application/json' });
/** A reply to GET may be cached by whoever passes it on, unless it says otherwise. */
const ASKED_INIT = init({ 'content-type': 'application/json', 'cache-control': 'no-store' });

/** `{"ok":true, …result}`: the result's members stand beside `ok`. `asked` by GET. */
export function success(result: Record<string, unknown>, asked: boolean): Response {
  const text = JSON.stringify(result);
  return new Response(text === '{}' ? '{"ok":true}' : `{"ok":true,${text.slice(1)}`, asked ? ASKED_INIT : OP_INIT);
}

export const json = (value: unknown): Response => new Response(JSON.stringify(value), JSON_INIT);

export function failure(error: ZdError, requestId: string): Response {
  const headers: Record<string, string> = { ...JSON_HEADERS };
  if (error.code === 'unauthorized') headers['www-authenticate'] = 'Bearer realm="zd"';
  // The rest of a refused body is not read, so the connection cannot be used again.
  if (error.code === 'too_large') headers.connection = 'close';
  if (CODES[error.code].retryable && CODES[error.code].status >= 429) headers['retry-after'] = '1';
  const allow = error.detail.extra?.allow;
  if (typeof allow === 'string') headers.allow = allow;
  const range = error.detail.extra?.content_range;
  if (typeof range === 'string') headers['content-range'] = range;
  return new Response(JSON.stringify(error.detail.body ?? failureBody(error, requestId)), { status: CODES[error.code].status, headers });
}
