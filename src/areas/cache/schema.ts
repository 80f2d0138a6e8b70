import { t, Nanos, nullable } from '../../kernel/schema';
import { TYPES } from './model';

/** A key: compared bytewise as UTF-8. Its size in bytes is bounded by `cache.max_key_bytes`. */
export const Key = t.String({
  minLength: 1,
  maxLength: 65_536,
  pattern: '^[^\\u0000]+$',
  description: 'Any text without NUL; its UTF-8 size is bounded by cache.max_key_bytes.',
});

export const Prefix = t.String({
  maxLength: 65_536,
  pattern: '^[^\\u0000]*$',
  description: 'Keys that start with exactly these bytes (case-sensitive).',
});

export const Version = t.Integer({ minimum: 0, description: 'Grows with every write of the key and never comes back, not even after a delete.' });

export const ValueType = t.Union(
  TYPES.map((type) => t.Literal(type)),
  { description: 'How the value was put: as a string, as other JSON, or as bytes.' },
);

export const ExpiresAt = nullable(Nanos);

export const wireTime = (ms: number | null): number | null => (ms === null ? null : ms * 1_000_000);
