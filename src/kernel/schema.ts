import { Type as t, type TProperties, type TSchema } from '@sinclair/typebox';

/** The schema language of every op. Ops import it from here, so there is one TypeBox in the process. */
export { t };
export type { Static, TObject, TSchema } from '@sinclair/typebox';

/** An object that refuses members it does not know. */
export const strict = <P extends TProperties>(properties: P, options: Record<string, unknown> = {}) =>
  t.Object(properties, { additionalProperties: false, ...options });

/** Absent or null on the wire; one type in the API documents. */
export const nullable = <S extends TSchema>(schema: S) => t.Union([schema, t.Null()]);

/** Integer nanoseconds since the Unix epoch, in steps of a millisecond. */
export const Nanos = t.Integer({ minimum: 0, description: 'Nanoseconds since the Unix epoch, with millisecond resolution.' });

/** A namespace, group or similar short name: 1 to 256 characters without control characters. */
export const Name = t.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });

/** Seconds to live; the bound (100 years) keeps `now + ttl` far from overflow. */
export const TtlSecs = t.Integer({ minimum: 1, maximum: 3_153_600_000 });
