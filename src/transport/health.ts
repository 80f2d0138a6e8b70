import { nanos } from '../kernel/clock';
import { grants } from '../kernel/caller';
import { worst, type PartState, type PartStatus } from '../kernel/part';
import { authenticate, type AccessRules } from './access';
import type { Via } from './http';
import { queryOf } from './url';

export interface HealthSource {
  readonly version: string;
  uptimeMs(): number;
  parts(): readonly PartStatus[];
}

const STATES = ['starting', 'ok', 'degraded', 'backing_off', 'failed', 'stopped'] satisfies PartState[];
const text = { type: ['string', 'null'] };

/** For the API document. */
export const VERBOSE_PARAMETER = {
  name: 'verbose',
  in: 'query',
  required: false,
  allowEmptyValue: true,
  description: 'Adds the state of every part of the daemon; why one failed needs a token with `meta.read`.',
  schema: { type: 'boolean' },
};
export const VERBOSE_MEMBERS = {
  state: { enum: STATES, description: 'That of the worst part. `ok` is said only after a probe of each.' },
  parts: {
    type: 'array',
    items: {
      type: 'object',
      required: ['name', 'state', 'since_ns', 'restarts'],
      properties: {
        name: { type: 'string' },
        state: { enum: STATES },
        since_ns: { type: 'integer' },
        restarts: { type: 'integer' },
        note: text,
        last_error: text,
      },
    },
  },
};

/**
 * The body of `/health`, and with `?verbose` the parts of the daemon too. Both are open, but why a part failed may name files of the user, so
 * over TCP that needs a token with `meta.read`. A token that is not known is no token here.
 */
export function healthBody(request: Request, via: Via, rules: AccessRules, source: HealthSource): Record<string, unknown> {
  const plain = { ok: true, version: source.version, uptime_ms: source.uptimeMs() };
  const verbose = queryOf(request.url).get('verbose')?.at(-1) ?? 'false';
  if (verbose === '0' || verbose === 'false') return plain;
  const known = via === 'unix' || mayRead(request, rules);
  const parts = source.parts();
  return {
    ...plain,
    state: worst(parts),
    parts: parts.map(({ name, state, since, restarts, note, last_error }) => ({
      name,
      state,
      since_ns: nanos(since),
      restarts,
      ...(known ? { note, last_error } : {}),
    })),
  };
}

function mayRead(request: Request, rules: AccessRules): boolean {
  try {
    return grants(authenticate(request.headers.get('authorization'), rules).scopes, 'meta.read');
  } catch {
    return false;
  }
}
