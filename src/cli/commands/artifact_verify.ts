import { EXIT } from '../../kernel/code_info';
import { command } from '../command';

export const artifactVerify = command({
  name: 'artifact verify',
  summary: 'Read every byte of every artifact and compare it with its digest (exit 1 when one is damaged or missing)',
  run: async (_, { client, globals, out }) => {
    const reply = await client().send('artifact_verify', '{}', { timeoutMs: globals.timeoutMs });
    await out.reply(reply, undefined);
    return reply.value.clean === true ? EXIT.ok : EXIT.failure;
  },
});
