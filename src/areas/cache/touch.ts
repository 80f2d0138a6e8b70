import { defineOp } from '../../kernel/op';
import { Name, nullable, strict, t, TtlSecs } from '../../kernel/schema';
import { ExpiresAt, Key, Version, wireTime } from './schema';

export const touch = defineOp({
  name: 'cache_touch',
  summary: 'Set how long a key still lives, or let it live for ever.',
  description: 'Counts from now; null lifts the limit. The value, its version and `updated_at` stay.',
  scope: 'cache.write',
  effect: 'write',
  input: strict({ ns: Name, key: Key, ttl_secs: nullable(TtlSecs) }),
  output: strict({ ns: t.String(), key: t.String(), version: Version, expires_at: ExpiresAt }),
  errors: ['no_such_file'],
  cli: { path: ['cache', 'touch'], positional: ['ns', 'key'], rename: { ttl_secs: 'ttl' }, json: ['ttl_secs'], essential: 'expires_at' },
  example: { ns: 'build', key: 'last', ttl_secs: 600 },
  exampleSetup: [{ op: 'cache_put', input: { ns: 'build', key: 'last', value: 'green' } }],
  handle: ({ cache }, { ns, key, ttl_secs }) =>
    cache.touch(ns, key, ttl_secs).then(({ version, expiresAt }) => ({ ns, key, version, expires_at: wireTime(expiresAt) })),
});
