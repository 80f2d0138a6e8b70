import type { TSchema } from '../kernel/schema';

export type JsonSchema = { [keyword: string]: unknown };

/**
 * A TypeBox schema as plain JSON Schema 2020-12, the dialect of OpenAPI 3.1 and MCP. TypeBox writes draft 7, which
 * differs in one thing it uses: a tuple's `items` list is called `prefixItems`.
 */
export const jsonSchema = (schema: TSchema): JsonSchema => modern(JSON.parse(JSON.stringify(schema))) as JsonSchema;

function modern(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(modern);
  if (typeof node !== 'object' || node === null) return node;
  const { additionalItems, ...rest } = node as JsonSchema;
  const schema = mapValues(rest, (value, key) => (DATA.has(key) ? value : NAMED.has(key) ? mapValues(value as JsonSchema, modern) : modern(value)));
  if (!Array.isArray(rest.items)) return schema;
  const { items, ...tuple } = schema;
  return { ...tuple, prefixItems: items, items: modern(additionalItems ?? true) };
}

const mapValues = (object: JsonSchema, change: (value: unknown, key: string) => unknown): JsonSchema =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));

/** Keywords whose values are data, not schemas, and those whose values are schemas under names of the author's choice. */
const DATA = new Set(['const', 'default', 'enum', 'example', 'examples', 'required']);
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions']);
