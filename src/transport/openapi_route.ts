import type { Route } from '../kernel/route';
import type { TObject } from '../kernel/schema';
import { jsonSchema, type JsonSchema } from './json_schema';

type Json = Record<string, unknown>;

/** A route's address in OpenAPI's form: `/artifact/{name}`. */
export const documentedPath = (route: Route): string => route.path.replace(/[:*](\w+)/g, '{$1}');

/** The fields of an input as parameters: of the path those that are named, of the query the others. */
export function parametersOf(item: { readonly input: TObject; readonly example: object }, inPath: ReadonlySet<string> = new Set()): Json[] {
  const input = jsonSchema(item.input);
  const required = new Set(Array.isArray(input.required) ? (input.required as string[]) : []);
  return Object.entries((input.properties ?? {}) as Record<string, JsonSchema>).map(([name, schema]) => ({
    name,
    in: inPath.has(name) ? 'path' : 'query',
    required: inPath.has(name) || required.has(name),
    ...(typeof schema.description === 'string' ? { description: schema.description } : {}),
    schema,
    ...(Object.hasOwn(item.example, name) ? { example: (item.example as Json)[name] } : {}),
  }));
}

/** Parameters, body and successes of a plain route as OpenAPI; failures and security are the caller's. */
export function routeOperation(route: Route): { parameters: Json[]; requestBody?: Json; successes: Json } {
  const { requestBody: body } = route;
  return {
    parameters: parametersOf(route, new Set([...route.path.matchAll(/[:*](\w+)/g)].map((match) => match[1]!))),
    ...(body ? { requestBody: { required: true, description: body.description, content: { [body.type]: {} } } } : {}),
    successes: Object.fromEntries(
      route.replies.map(({ status, description, type, schema }) => [
        status,
        { description, ...(type ? { content: { [type]: schema ? { schema: jsonSchema(schema) } : {} } } : {}) },
      ]),
    ),
  };
}
