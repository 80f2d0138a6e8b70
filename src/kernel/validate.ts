import { Kind, OptionalKind, type TObject, type TSchema } from '@sinclair/typebox';
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler';
import { ZdError } from './error';

const compiled = new WeakMap<TSchema, TypeCheck<TSchema>>();

/** The schema's checker, compiled at first use: compiling all of them would cost the start several milliseconds. */
export function checker(schema: TSchema): TypeCheck<TSchema> {
  let check = compiled.get(schema);
  if (!check) compiled.set(schema, (check = TypeCompiler.Compile(schema)));
  return check;
}

/** The input as the handler may use it, or `bad_args` with the path of the first fault. */
export function validateInput(schema: TObject, value: unknown): Record<string, unknown> {
  const check = checker(schema);
  if (check.Check(value)) return value as Record<string, unknown>;
  const relaxed = dropNulls(schema, value);
  if (relaxed !== value && check.Check(relaxed)) return relaxed as Record<string, unknown>;
  throw badArgs(schema, relaxed);
}

/** Null means absent for an optional field that does not itself take null (contract: argument handling). */
function dropNulls(schema: TObject, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const kept = entries.filter(([key, item]) => {
    const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    return !(item === null && property && property[OptionalKind] === 'Optional' && property[Kind] !== 'Unknown');
  });
  return kept.length === entries.length ? value : Object.fromEntries(kept);
}

function badArgs(schema: TObject, value: unknown): ZdError {
  const first = checker(schema).Errors(value).First();
  const path = first?.path ?? '';
  const where = path === '' ? 'the arguments' : path;
  const unknown = first?.schema.additionalProperties === false && first.message.startsWith('Unexpected');
  const message = unknown ? `${where}: unknown field` : `${where}: ${lower(first?.message ?? 'not valid')}`;
  return new ZdError('bad_args', message, { path });
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
