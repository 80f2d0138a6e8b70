import { defineOp } from '../../kernel/op';
import { Name, strict, t, TtlSecs } from '../../kernel/schema';
import { encodeValue } from './model';
import { ExpiresAt, Key, ValueType, Version, wireTime } from './schema';

export const put = defineOp({
  name: 'cache_put',
  summary: 'Store a value under a key, optionally for a limited time.',
  description:
    'A string is stored as text, any other JSON (null too) as JSON, `value_base64` as bytes, and each comes back as it was put. Overwriting keeps `created_at`; without `ttl_secs` an earlier limit is lifted. ' +
    '`if_version` writes only over exactly that version, `if_absent` only where nothing is.',
  scope: 'cache.write',
  effect: 'write',
  input: strict({
    ns: Name,
    key: Key,
    value: t.Optional(t.Unknown({ description: 'Any JSON value. Either this or value_base64.' })),
    value_base64: t.Optional(t.String({ description: 'Bytes in the standard alphabet, padded.' })),
    ttl_secs: t.Optional(TtlSecs),
    if_version: t.Optional(Version),
    if_absent: t.Optional(t.Boolean()),
  }),
  output: strict({ ns: t.String(), key: t.String(), bytes: t.Integer(), version: Version, type: ValueType, expires_at: ExpiresAt }),
  errors: ['too_large', 'quota_exceeded', 'version_mismatch', 'conflict'],
  cli: { path: ['cache', 'put'], positional: ['ns', 'key', 'value'], rename: { ttl_secs: 'ttl', value_base64: 'base64' }, essential: 'version' },
  example: { ns: 'build', key: 'last', value: 'green', ttl_secs: 3600 },
  handle: ({ cache }, input, call) => {
    const { ns, key } = input;
    if (input.if_version !== undefined && input.if_absent)
      throw call.fail('bad_args', '/if_absent: cannot be combined with if_version', { path: '/if_absent' });
    const value = encodeValue(input.value, input.value_base64);
    return cache
      .put({ ns, key, value, ttlSecs: input.ttl_secs, ifVersion: input.if_version, ifAbsent: input.if_absent })
      .then(({ bytes, version, type, expiresAt }) => ({ ns, key, bytes, version, type, expires_at: wireTime(expiresAt) }));
  },
});
