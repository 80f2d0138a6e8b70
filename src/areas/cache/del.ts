import { defineOp } from '../../kernel/op';
import { Name, strict, t } from '../../kernel/schema';
import { Key, Prefix, Version } from './schema';

export const del = defineOp({
  name: 'cache_del',
  summary: 'Delete one key, all keys with a prefix, or a whole namespace.',
  description:
    'Give exactly one of `key`, `prefix` (not empty) and `all: true`. `deleted` says whether anything live was there, `count` how much. A prefix or a namespace of over a thousand entries goes in several transactions; ' +
    'what is written after the call began stays. With `if_version` the key goes only at exactly that version.',
  scope: 'cache.write',
  effect: 'destructive',
  input: strict({
    ns: Name,
    key: t.Optional(Key),
    prefix: t.Optional(Prefix),
    all: t.Optional(t.Boolean({ description: 'True: every entry of the namespace.' })),
    if_version: t.Optional(Version),
  }),
  output: strict({ ns: t.String(), key: t.Optional(t.String()), prefix: t.Optional(t.String()), deleted: t.Boolean(), count: t.Integer() }),
  errors: ['version_mismatch'],
  cli: { path: ['cache', 'del'], positional: ['ns', 'key'], essential: 'count' },
  example: { ns: 'build', key: 'last' },
  handle: async ({ cache }, { ns, key, prefix, all, if_version }, call) => {
    if (Number(key !== undefined) + Number(prefix !== undefined) + Number(all === true) !== 1) {
      throw call.fail('bad_args', 'Give exactly one of key, prefix and all: true.', { path: key === undefined ? '/key' : '/prefix' });
    }
    if (prefix === '')
      throw call.fail('bad_args', '/prefix: must not be empty', { path: '/prefix', hint: 'To delete the whole namespace send all: true.' });
    if (key !== undefined) {
      const deleted = await cache.del(ns, key, if_version);
      return { ns, key, deleted, count: Number(deleted) };
    }
    if (if_version !== undefined) throw call.fail('bad_args', '/if_version: goes with key only', { path: '/if_version' });
    const count = await cache.delPrefix(ns, prefix ?? '');
    return { ns, ...(prefix === undefined ? {} : { prefix }), deleted: count > 0, count };
  },
});
