import { KiB, MiB, GiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'cache.max_value_bytes': number;
    readonly 'cache.max_key_bytes': number;
    readonly 'cache.max_ns_bytes': number;
    readonly 'cache.max_ns_entries': number;
  }
}

/** The cache. */
export const cacheSettings = [
  setting('cache.max_value_bytes', MiB, { type: 'integer', unit: 'bytes', min: 1, max: GiB, doc: 'Largest cache value.' }),
  setting('cache.max_key_bytes', KiB, { type: 'integer', unit: 'bytes', min: 1, max: 64 * KiB, doc: 'Longest cache key.' }),
  setting('cache.max_ns_bytes', 256 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: KiB,
    doc: 'Quota of one cache namespace; the least recently used entries go first.',
  }),
  setting('cache.max_ns_entries', 1_000_000, { type: 'integer', min: 1, doc: 'Entries one cache namespace may hold.' }),
];
