import { defineOp } from '../../kernel/op';
import { Name, strict, t, TtlSecs } from '../../kernel/schema';
import { ExpiresAt, Key, Version, wireTime } from './schema';

/** 2^53 − 1: beyond it neighbouring integers are one in JSON. */
const MAX = Number.MAX_SAFE_INTEGER;

export const incr = defineOp({
  name: 'cache_incr',
  summary: 'Add to an integer and read the sum, in one step.',
  description:
    'A missing key counts as 0. `ttl_secs` applies when this call creates the key; later calls keep the end it has, as a rate limit needs. Negative `by` subtracts.',
  scope: 'cache.write',
  effect: 'write',
  input: strict({ ns: Name, key: Key, by: t.Optional(t.Integer({ minimum: -MAX, maximum: MAX, default: 1 })), ttl_secs: t.Optional(TtlSecs) }),
  output: strict({ ns: t.String(), key: t.String(), value: t.Integer(), version: Version, expires_at: ExpiresAt }),
  errors: ['not_a_number', 'bad_value', 'too_large'],
  cli: { path: ['cache', 'incr'], positional: ['ns', 'key', 'by'], rename: { ttl_secs: 'ttl' }, essential: 'value' },
  example: { ns: 'build', key: 'runs' },
  handle: ({ cache }, { ns, key, by = 1, ttl_secs }) =>
    cache.incr(ns, key, by, ttl_secs).then(({ value, version, expiresAt }) => ({ ns, key, value, version, expires_at: wireTime(expiresAt) })),
});
