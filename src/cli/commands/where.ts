import { EXIT } from '../../kernel/code_info';
import { command } from '../command';

interface Definition {
  readonly kind: string;
  readonly shell_id: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly value: string | null;
}

export const where = command({
  name: 'where',
  summary: 'Where a name is defined, in every shell that has it: file and line, shell and kind',
  args: {
    name: { type: 'positional', required: true, description: 'The name of an alias, function, variable or other definition' },
    kind: { type: 'string', valueHint: 'kind', description: 'Only this kind, for example function' },
    'shell-id': { type: 'string', valueHint: 'id', description: 'Only this shell, for example zsh' },
  },
  async run(args, { client, globals, out }) {
    const filter = { name: args.name, kind: args.kind, shell_id: args['shell-id'] };
    const reply = await client().send('definitions_query', JSON.stringify(filter), { timeoutMs: globals.timeoutMs });
    const found = reply.value.records as Definition[];
    if (globals.json) out.line(reply.text);
    else {
      // A typed parameter is the same definition once more.
      const rows = found.filter(({ kind }) => kind !== 'params_typed' || args.kind !== undefined).map(rowOf);
      if (rows.length > 0)
        await out.result(
          { rows },
          { table: { rows: 'rows', columns: out.terminal ? ['where', 'shell', 'kind', 'value'] : ['where', 'shell', 'kind'] } },
        );
    }
    if (found.length > 0) return EXIT.ok;
    out.note(`zd: no shell is known to define ${JSON.stringify(args.name)}; record one with: zd record bash|zsh|fish`);
    return EXIT.missing;
  },
});

/** Where the shell could not tell, a dash. */
const rowOf = ({ kind, shell_id: shell, file, line, value }: Definition) => ({
  where: file === null ? '-' : line === null ? file : `${file}:${line}`,
  shell,
  kind,
  value: value ?? '(withheld)',
});
