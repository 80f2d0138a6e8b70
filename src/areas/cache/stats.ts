import { defineOp } from '../../kernel/op';
import { Name, strict, t } from '../../kernel/schema';

const Count = t.Integer({ minimum: 0 });

export const stats = defineOp({
  name: 'cache_stats',
  summary: 'Show how much is stored and how often it was found.',
  description:
    'For one namespace, or for all with `namespace_count`. `byte_count` is the size of the values alone. The counters go back to the first start; those of a namespace are added to the common ones when its last entry is gone.',
  scope: 'cache.read',
  effect: 'read',
  input: strict({ ns: t.Optional(Name) }),
  output: strict({
    ns: t.Optional(t.String()),
    key_count: Count,
    byte_count: Count,
    namespace_count: t.Optional(Count),
    hits: Count,
    misses: Count,
    evictions: t.Integer({ minimum: 0, description: 'Live entries that went to keep a quota.' }),
    expired: t.Integer({ minimum: 0, description: 'Entries that reached the end of their time.' }),
    quota: strict({ max_bytes: Count, max_entries: Count }, { description: 'Of each namespace.' }),
  }),
  errors: [],
  cli: { path: ['cache', 'stats'], positional: ['ns'] },
  example: {},
  handle: ({ cache }, { ns }) => {
    const { bytes, entries, hits, misses, evictions, expired, namespaces } = cache.stats(ns);
    const { maxNsBytes, maxNsEntries } = cache.limits();
    return {
      ...(ns === undefined ? {} : { ns }),
      key_count: entries,
      byte_count: bytes,
      ...(ns === undefined ? { namespace_count: namespaces } : {}),
      hits,
      misses,
      evictions,
      expired,
      quota: { max_bytes: maxNsBytes, max_entries: maxNsEntries },
    };
  },
});
