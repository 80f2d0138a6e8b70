import { ZdError } from '../kernel/error';
import type { AccessRules } from './access';
import { queryOf, type Query } from './url';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses requests that a web page or a rebound DNS name may have sent, before anything is parsed: `Host` must be ours,
 * `Origin` absent, our own or listed, and a browser may not call it cross-site. TCP only; the unix socket is
 * guarded by its file mode, and any Host is fine there.
 */
export function screen(headers: Headers, rules: AccessRules): void {
  const host = headers.get('host') ?? '';
  if (accepted.get(rules)?.has(host) !== true) checkHost(host, rules);
  const origin = headers.get('origin');
  const listed = origin !== null && rules.origins.includes(origin);
  if (origin !== null && !listed && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new ZdError('origin_denied', `The origin ${JSON.stringify(origin.slice(0, 100))} may not call zd.`);
  if (!listed && headers.get('sec-fetch-site') === 'cross-site') throw new ZdError('origin_denied', 'A page of another site may not call zd.');
}

function checkHost(header: string, rules: AccessRules): void {
  const host = header.toLowerCase();
  if (host === '' || host.includes(',') || /[\s/@?#]/.test(host)) throw new ZdError('bad_request', 'A request needs exactly one Host header.');
  if (!hostAllowed(host, rules)) throw new ZdError('host_denied', `zd does not answer for the host "${host.slice(0, 100)}".`);
  const known = accepted.get(rules) ?? new Set();
  accepted.set(rules, known);
  if (known.size < MAX_ACCEPTED) known.add(header);
}

/** Hosts that proved right under these rules, as they were written. The rules' next version starts empty. */
const accepted = new WeakMap<AccessRules, Set<string>>();
const MAX_ACCEPTED = 64;

function hostAllowed(host: string, rules: AccessRules): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  return LOOPBACK.includes(name) || rules.hosts.includes(name) || rules.hosts.includes(host);
}

/** The query of a request. A token in a URL ends up in logs and histories, so it is refused over TCP, even a right one. */
export function searchOf(url: string, via: 'unix' | 'tcp'): Query {
  const query = queryOf(url);
  if (via === 'tcp' && (query.has('token') || query.has('access_token') || query.has('authorization'))) {
    throw new ZdError('unauthorized', 'A token is taken from the Authorization header only, never from the address.');
  }
  return query;
}

/** Addresses that answer without a token: nothing of the user's is behind them. */
export function isOpen(path: string, rules: AccessRules): boolean {
  return (
    path === '/health' ||
    path === '/ops' ||
    path.startsWith('/openapi') ||
    path === '/ui' ||
    path.startsWith('/ui/') ||
    (path === '/metrics' && rules.metricsOpen)
  );
}

/** CORS headers for a listed origin; null for everybody else, who gets none. */
export function corsHeaders(headers: Headers, rules: AccessRules): Record<string, string> | null {
  const origin = headers.get('origin');
  if (origin === null || !rules.origins.includes(origin)) return null;
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers': 'authorization, content-type, last-event-id, range, if-range, if-none-match, content-digest',
    'access-control-expose-headers': 'etag, content-range, repr-digest, last-event-id',
    'access-control-max-age': '600',
    vary: 'Origin',
  };
}

/** Puts them on a response. */
export function allowOrigin(response: Response, headers: Headers, rules: AccessRules): void {
  for (const [name, value] of Object.entries(corsHeaders(headers, rules) ?? {})) response.headers.set(name, value);
}
