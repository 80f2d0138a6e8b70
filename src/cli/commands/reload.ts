import { command } from '../command';

export const reload = command({
  name: 'reload',
  summary: 'Read the configuration again, all or nothing; says what needs a restart',
  run: async (_, { client, globals, out }) => {
    const reply = await client().send('daemon', '{"verb":"reload"}', { timeoutMs: globals.timeoutMs });
    if (globals.json) return out.line(reply.text);
    const list = (field: string) => (reply.value[field] as string[] | undefined) ?? [];
    for (const warning of list('warnings')) out.note(`zd: ${warning}`);
    if (globals.quiet)
      return out.text(
        list('changed')
          .map((key) => `${key}\n`)
          .join(''),
      );
    out.line(list('changed').length === 0 ? 'Nothing changed.' : `Changed: ${list('changed').join(', ')}`);
    if (list('needs_restart').length > 0) out.line(`Needs \`zd restart\`: ${list('needs_restart').join(', ')}`);
  },
});
