import type { CommandDef } from 'citty';
import { resolve } from 'node:path';
import { command, type Arg, type Args, type Parsed } from './command';
import type { follow } from '../client/follow';
import type { Entry, Schema } from './catalogue';
import { inWordsOf } from './field_names';
import { runStream } from './stream';

/** A stream's own flags, beside its query parameters. */
const STREAM_ARGS: Args = {
  count: { type: 'string', alias: 'n', value: 'integer', minimum: 1, valueHint: 'n', description: 'End after this many events' },
  since: { type: 'string', valueHint: 'id', description: 'Begin after the event with this id' },
  exec: { type: 'string', rest: true, valueHint: 'cmd…', description: 'Run this command for each event: ZD_EVENT_* tell of it, JSON is on stdin' },
  reconnect: { type: 'boolean', default: true, description: 'End when the connection breaks, instead of resuming by id' },
};

/** `--since` sends it as the header, unless the stream has a parameter of that name. */
const RESUME_FIELD = 'last_event_id';

/** The command of one operation or stream. `resume` goes on with a stream whose connection broke; by the last id without it. */
export function derive(entry: Entry, resume?: typeof follow): CommandDef {
  const { args, fields } = argsOf(entry);
  const summary = entry.summary.replace(/\.$/, '');
  const name = entry.cli?.path.join(' ') ?? entry.name;
  if (entry.kind === 'stream') {
    return command({
      name,
      summary,
      args: { ...STREAM_ARGS, ...args },
      run: (parsed, invocation) => runStream(entry, inputOf(fields, parsed, entry.cli?.paths), parsed, invocation, resume),
    });
  }
  return command({
    name,
    summary,
    args,
    run: async (parsed, { client, globals, out }) => {
      const input = JSON.stringify(inputOf(fields, parsed, entry.cli?.paths));
      const reply = await client().send(entry.name, input, { timeoutMs: globals.timeoutMs }).catch(inWordsOf(args, fields));
      await out.reply(reply, entry.cli);
    },
  });
}

/** The arguments in help order (positionals as the hints order them, then flags), and the input field behind each name. */
export function argsOf(entry: Entry): { args: Args; fields: ReadonlyMap<string, string> } {
  const hints = entry.cli;
  const properties = entry.input.properties ?? {};
  const rest = hints?.rest;
  const places = [...(hints?.positional ?? []), ...(rest !== undefined && !hints?.positional?.includes(rest) ? [rest] : [])];
  const args: Record<string, Arg> = {};
  const fields = new Map<string, string>();
  const resume = entry.kind === 'stream' ? RESUME_FIELD : null;
  for (const field of [...places, ...Object.keys(properties).filter((key) => !places.includes(key))]) {
    const schema = properties[field];
    if (!schema || field === resume) continue;
    const name = hints?.rename?.[field] ?? field.replaceAll('_', '-');
    const positional = places.includes(field);
    const required = entry.input.required?.includes(field) ?? false;
    args[name] = argOf(schema, {
      positional,
      required,
      json: hints?.json?.includes(field) ?? false,
      rest: field === rest,
      last: field === places.at(-1),
      path: hints?.paths?.includes(field) ?? false,
    });
    fields.set(name, field);
  }
  return { args, fields };
}

interface Place {
  readonly positional: boolean;
  readonly required: boolean;
  readonly json: boolean;
  readonly rest: boolean;
  readonly last: boolean;
  readonly path: boolean;
}

function argOf(given: Schema, { positional, required, json, rest, last, path }: Place): Arg {
  const schema = withoutNull(given);
  const item = itemOf(schema);
  // An array of plain values is a flag that repeats or the remaining words; an array of objects is one JSON text.
  const many = item !== null && isPlain(item) && (rest || !positional || last);
  const options = optionsOf(many ? item : schema);
  const value = json ? 'json-or-text' : kindOf(many ? item : schema);
  const about: Arg = {
    description: describe(given.description ?? schema.description, given.default ?? schema.default),
    required,
    ...(options ? { options } : {}),
    ...(many ? { many } : {}),
    ...(path ? { suggest: 'files' as const } : {}),
    ...(options || value === undefined ? {} : { value, minimum: (many ? item : schema).minimum, maximum: (many ? item : schema).maximum }),
  };
  if (positional) return { ...about, type: 'positional' };
  if (value === 'boolean' && !many) return { ...about, type: 'boolean', value: undefined };
  return { ...about, type: options ? 'enum' : 'string', valueHint: options ? undefined : hintOf(value, many) };
}

const isPlain = (schema: Schema): boolean => ['string', 'integer', 'number', 'boolean'].includes(schema.type ?? '') || optionsOf(schema) !== null;

function kindOf(schema: Schema): Arg['value'] {
  switch (schema.type) {
    case 'string':
      return undefined;
    case 'integer':
    case 'number':
    case 'boolean':
      return schema.type;
    case 'object':
    case 'array':
      return 'json';
    default:
      return undefined;
  }
}

/** What an array holds, also of the form "one or a list of them"; null for everything else. */
function itemOf(schema: Schema): Schema | null {
  const list = schema.anyOf?.length === 2 ? schema.anyOf.find((each) => each.type === 'array') : schema.type === 'array' ? schema : undefined;
  return list?.items ? withoutNull(list.items) : null;
}

/** The only texts allowed, or null. */
function optionsOf(schema: Schema): readonly string[] | null {
  const values =
    schema.enum ??
    (schema.anyOf?.every((each) => typeof each.const === 'string')
      ? schema.anyOf.map((each) => each.const)
      : schema.const === undefined
        ? null
        : [schema.const]);
  return values && values.length > 0 && values.every((each) => typeof each === 'string') ? (values as string[]) : null;
}

function withoutNull(schema: Schema): Schema {
  const kept = schema.anyOf?.filter((each) => each.type !== 'null');
  if (!kept || kept.length === schema.anyOf?.length) return schema;
  return kept.length === 1 ? { ...kept[0], description: schema.description ?? kept[0]!.description } : { ...schema, anyOf: kept };
}

const hintOf = (value: Arg['value'], many: boolean): string | undefined => {
  const word = value === 'integer' || value === 'number' ? 'n' : value === 'json' ? 'json' : undefined;
  return many ? `${word ?? 'text'}…` : word;
};

function describe(text: string | undefined, fallback: unknown): string {
  const said = (text ?? '').replace(/\.$/, '');
  if (fallback === undefined || fallback === null) return said;
  return `${said}${said === '' ? '' : ' '}(default ${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)})`;
}

/** What goes over the wire: given arguments only, so the daemon's defaults hold. */
export function inputOf(fields: ReadonlyMap<string, string>, parsed: Parsed, paths: readonly string[] = []): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, field] of fields) {
    if (!Object.hasOwn(parsed, name)) continue;
    const value = parsed[name];
    input[field] = paths.includes(field) && typeof value === 'string' ? resolve(value) : value;
  }
  return input;
}
