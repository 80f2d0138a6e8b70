import { t, type TSchema } from '../../../kernel/schema';
import { LIMITS } from './limits';

/** Members of frames. Both ends may send members we do not know, so frames stay open; what we know has exactly this shape. */
export const opt = <S extends TSchema>(schema: S) => t.Optional(schema);
export const Text = t.String({ maxLength: LIMITS.text });
export const Name = t.String({ minLength: 1, maxLength: LIMITS.name, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
/** Ids that enter a signed text: without the bar that separates its parts. */
export const Id = t.String({ minLength: 1, maxLength: LIMITS.name, pattern: '^[^\\u0000-\\u001f\\u007f|]+$' });
/** A key or signature; whether it is one is checked where the refusal has its own code. */
export const Hex = t.String({ maxLength: 256 });
export const Millis = t.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
export const ClientMessageId = t.String({ minLength: 1, maxLength: LIMITS.clientMessageId, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
export const Body = t.String({ maxLength: LIMITS.clientFrame });
export const Meta = t.Record(t.String(), t.Unknown());
export const Strings = t.Array(t.String({ maxLength: LIMITS.name }), { maxItems: LIMITS.groups });
export const Groups = t.Array(t.Object({ name: Name, role: opt(Text) }), { maxItems: LIMITS.groups });
/** Older peers write null for what they leave out. */
export const orNull = <S extends TSchema>(schema: S) => t.Optional(t.Union([schema, t.Null()]));

export const PRIORITIES = ['now', 'next', 'low'] as const;
export const Priority = t.Union([t.Literal('now'), t.Literal('next'), t.Literal('low')]);
export type Priority = (typeof PRIORITIES)[number];
export const Status = t.Union([t.Literal('idle'), t.Literal('working'), t.Literal('dnd')]);
export type Status = 'idle' | 'working' | 'dnd';
