import { Kind, type TObject, type TSchema } from '@sinclair/typebox';
import type { Query } from './url';

/**
 * Query parameters as a stream's input: text becomes a number or boolean where the schema wants one and the text is exactly
 * that; a repeated parameter becomes an array. What does not fit is left as it is, for validation to refuse with its path.
 */
export function inputFromQuery(schema: TObject, query: Query): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, values] of query) {
    const property: TSchema | undefined = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const single = values.length === 1 && property?.[Kind] !== 'Array';
    const value = single ? convert(property, values[0]!) : values.map((each) => convert(property, each));
    // Assigned, this name would set the prototype, and validation would not see it.
    if (name === '__proto__') Object.defineProperty(input, name, { value, enumerable: true });
    else input[name] = value;
  }
  return input;
}

function convert(schema: TSchema | undefined, value: string): unknown {
  if (!schema) return value;
  const type: unknown = schema[Kind] === 'Array' ? (schema.items as TSchema).type : schema.type;
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
