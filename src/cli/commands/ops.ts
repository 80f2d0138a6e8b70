import { EXIT } from '../../kernel/code_info';
import { ClientError } from '../../client/error';
import { entries, type Entry } from '../catalogue';
import { command, type Invocation } from '../command';
import { nearest } from '../nearest';

export const ops = command({
  name: 'ops',
  summary: 'List every operation, or show one with its arguments, errors and an example',
  args: { name: { type: 'positional', suggest: 'operations', required: false, description: 'One operation or stream' } },
  run: async ({ name }, invocation) => {
    const all = entries().toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (name !== undefined) return show(all, name as string, invocation);
    const { globals, out } = invocation;
    if (globals.json) return out.result({ ops: all.filter(({ kind }) => kind === 'op').map((each) => each.name) });
    await out.result(
      { ops: all.map((each) => ({ name: each.name, scope: each.scope, summary: each.summary })) },
      { table: { rows: 'ops', columns: ['name', 'scope', 'summary'] } },
    );
  },
});

async function show(all: readonly Entry[], name: string, { globals, out }: Invocation): Promise<void> {
  const entry = all.find((each) => each.name === name);
  if (!entry) {
    const close = nearest(
      name,
      all.map((each) => each.name),
    );
    throw new ClientError(
      'unknown_op',
      `there is no operation "${name}"`,
      close ? `Did you mean "${close}"?` : '`zd ops` lists every operation',
      EXIT.missing,
    );
  }
  if (globals.json) return out.result({ ...entry });
  const paint = await out.paint();
  const required = new Set(entry.input.required);
  const lines = [
    paint('bold', entry.name),
    entry.summary,
    ...(entry.description ? ['', entry.description] : []),
    '',
    `scope    ${entry.scope}`,
    `effect   ${entry.effect ?? 'stream'}`,
    `route    ${entry.kind === 'op' ? `POST /op/${entry.name}` : `GET ${entry.path}`}`,
    ...(entry.cli ? [`command  zd ${entry.cli.path.join(' ')}`] : []),
    `errors   ${entry.errors.length > 0 ? entry.errors.join(', ') : 'only those every call may have'}`,
    '',
    paint('bold', 'input'),
    ...members(entry.input, required),
    ...(entry.output ? ['', paint('bold', 'reply'), ...members(entry.output, new Set(entry.output.required))] : []),
    '',
    paint('bold', 'example'),
    entry.kind === 'op'
      ? `  zd call ${entry.name} '${JSON.stringify(entry.example).replaceAll("'", `'\\''`)}'`
      : `  ${JSON.stringify(entry.example)}`,
  ];
  out.text(`${lines.join('\n')}\n`);
}

function members(schema: Entry['input'], required: ReadonlySet<string>): string[] {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    `${name}${required.has(name) ? '' : '?'}`,
    typeOf(property),
    property.description ?? '',
  ]);
  if (rows.length === 0) return ['  (none)'];
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map(([name, type, about]) => `  ${name!.padEnd(widths[0]!)}  ${type!.padEnd(widths[1]!)}  ${about}`.trimEnd());
}

function typeOf(schema: Entry['input']): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.type === 'array') return `${schema.items ? typeOf(schema.items) : 'any'}[]`;
  return schema.type ?? 'any';
}
