import { readFileSync } from 'node:fs';
import { command, UsageError } from '../command';

export const meshJoin = command({
  name: 'mesh join',
  summary: 'Join a mesh by a link of `zd mesh invite`; it is connected at once',
  args: {
    link: { type: 'positional', description: 'The link; - reads it from stdin, where no other user sees it' },
    name: { type: 'string', valueHint: 'name', description: 'What others see as the name of this daemon (the name of the machine)' },
    as: { type: 'string', valueHint: 'slug', description: 'What the mesh is called here (its own name)' },
  },
  run: async ({ link: given, name, as }, { client, globals, out }) => {
    const link = given === '-' ? readFileSync(0, 'utf8').trim() : (given as string);
    if (link === '') throw new UsageError('the link is empty', 'For example: zd mesh invite | ssh HOST zd mesh join -');
    const reply = await client().send('mesh_join', JSON.stringify({ link, name, as }), { timeoutMs: globals.timeoutMs });
    if (reply.value.already === true) out.note(`zd: ${String(reply.value.mesh)} is joined already`);
    await out.reply(reply, { essential: 'mesh' });
  },
});
