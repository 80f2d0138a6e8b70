import { readFileSync } from 'node:fs';
import { ClientError } from '../../client/error';
import type { Client, Reply } from '../../client/client';
import { pause } from '../../client/follow';
import { EXIT } from '../../kernel/code_info';
import { command, UsageError, type Invocation } from '../command';

/** How long a daemon that went away in the middle is waited for. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;
const WAIT_MS = 30_000;
const PASSING = ['connection_lost', 'shutting_down', 'timeout', 'storage'];

export const send = command({
  name: 'send',
  summary: 'Send a message to a machine or agent of a mesh; it is kept until they have it',
  args: {
    to: { type: 'positional', description: 'A name, a key or the beginning of one, @group, #topic, or * for everyone' },
    message: { type: 'positional', description: 'The text; - reads it from stdin' },
    mesh: { type: 'string', valueHint: 'slug', description: 'The mesh, when several are joined' },
    priority: { type: 'enum', options: ['now', 'next', 'low'], description: 'now also disturbs those who work' },
    'reply-to': { type: 'string', valueHint: 'id', description: 'The message this answers' },
    wait: { type: 'boolean', description: 'Wait until the broker has it (exit 124 when --timeout is over first)' },
    stored: { type: 'boolean', description: 'Wait until the recipient has it' },
    seen: { type: 'boolean', description: 'Wait until the recipient has seen it' },
    'idempotency-key': {
      type: 'string',
      valueHint: 'key',
      description: 'Your own key, so that the same message is sent once; one is made without it',
    },
  },
  run: async (args, invocation) => {
    const message = args.message === '-' ? readFileSync(0, 'utf8') : (args.message as string);
    if (message === '') throw new UsageError('the message is empty');
    const key = (args['idempotency-key'] as string | undefined) ?? crypto.randomUUID();
    const { mesh, priority, 'reply-to': reply_to_id, to } = args;
    const input = { to, message, client_message_id: key, mesh, priority, reply_to_id };
    const accepted = await accept(invocation.client(), input, invocation);
    const until = args.seen === true ? 'seen' : args.stored === true ? 'stored' : args.wait === true ? 'handed' : null;
    if (until !== null) return waitFor(key, until, invocation);
    await invocation.out.reply(accepted, { essential: 'client_message_id' });
    return EXIT.ok;
  },
});

/** The reply to a send whose key stays the same: an answer that got lost is asked for again, and nothing is sent twice. */
async function accept(client: Client, input: Record<string, unknown>, { out, interrupted }: Invocation): Promise<Reply> {
  const began = performance.now();
  for (let broken = false; ;) {
    try {
      return await client.send('mesh_send', JSON.stringify(input));
    } catch (error) {
      const code = error instanceof ClientError ? error.code : '';
      const passing = PASSING.includes(code) || (broken && code === 'not_running');
      if (!passing || performance.now() - began > PATIENCE_MS) throw error;
      if (!broken) out.note('zd: the daemon went away; waiting for it');
      broken = true;
      const signal = interrupted();
      await pause(PAUSE_MS, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function waitFor(key: string, until: 'handed' | 'stored' | 'seen', { client, globals, out, interrupted }: Invocation): Promise<number> {
  const timeout_ms = globals.timeoutMs ?? WAIT_MS;
  const reply = await client().send('mesh_outbox_wait', JSON.stringify({ message: key, until, timeout_ms }), { signal: interrupted() });
  const { status, last_error, timed_out } = reply.value;
  await out.reply(reply, { essential: 'delivery' });
  if (status === 'dead' || status === 'aborted') {
    out.note(`zd: the message will not be delivered: ${String(last_error)}`);
    return EXIT.failure;
  }
  if (timed_out !== true) return EXIT.ok;
  out.note(`zd: not yet; it is kept and goes on by itself (zd outbox wait ${key}${until === 'handed' ? '' : ` --until ${until}`})`);
  return EXIT.timeout;
}
