import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Name, Nanos, strict, t } from '../../kernel/schema';
import { decodeValue } from './model';
import { ExpiresAt, Key, ValueType, Version, wireTime } from './schema';

export const get = defineOp({
  name: 'cache_get',
  summary: 'Read the value of a key.',
  description: 'Text and JSON come in `value`; bytes come in `value_base64`, and `value` is null then. A missing or expired key is `no_such_file`.',
  scope: 'cache.read',
  effect: 'read',
  input: strict({ ns: Name, key: Key }),
  output: strict({
    ns: t.String(),
    key: t.String(),
    type: ValueType,
    value: t.Unknown(),
    value_base64: t.Optional(t.String()),
    bytes: t.Integer(),
    version: Version,
    created_at: Nanos,
    updated_at: Nanos,
    expires_at: ExpiresAt,
  }),
  errors: ['no_such_file'],
  cli: { path: ['cache', 'get'], positional: ['ns', 'key'], essential: 'value' },
  example: { ns: 'build', key: 'last' },
  exampleSetup: [{ op: 'cache_put', input: { ns: 'build', key: 'last', value: 'green' } }],
  handle: ({ cache }, { ns, key }) => {
    const entry = cache.require(ns, key);
    return {
      ns,
      key,
      ...decodeValue(entry.type, entry.value),
      bytes: entry.bytes,
      version: entry.version,
      created_at: nanos(entry.created_at),
      updated_at: nanos(entry.updated_at),
      expires_at: wireTime(entry.expires_at),
    };
  },
});
