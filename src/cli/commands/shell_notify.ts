import { command, UsageError } from '../command';
import { TARGET_ARGS, targetOf } from '../shell_target';

export const shellNotify = command({
  name: 'shell notify',
  summary: 'Show a message in shells: zd shell notify --all "tea is ready"',
  args: {
    message: { type: 'positional', many: true, description: 'The message' },
    ...TARGET_ARGS,
    urgency: { type: 'string', valueHint: 'word', description: 'low, normal, high or critical (default normal)' },
  },
  run: async (args, { client, out, globals }) => {
    const message = ((args.message as string[] | undefined) ?? []).join(' ');
    if (message === '') throw new UsageError('missing MESSAGE');
    const input = { message, target: targetOf(args), ...(args.urgency === undefined ? {} : { urgency: args.urgency }) };
    await out.reply(await client().send('notify', JSON.stringify(input), { timeoutMs: globals.timeoutMs }), { essential: 'delivered_count' });
  },
});
