import { follow } from '../../client/follow';
import { millis } from '../../kernel/clock';
import { EXIT } from '../../kernel/code_info';
import { command, type Invocation } from '../command';
import { cell } from '../format';

interface Message {
  readonly message_id: string;
  readonly mesh: string;
  readonly sender_name: string;
  readonly topic: string | null;
  readonly body: string | null;
  readonly received_at_ns: number;
}

export const inbox = command({
  name: 'inbox',
  summary: 'Read the messages that arrived, newest first; with -f print them as they come',
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Print unread messages and then each as it comes, until Ctrl-C' },
    unread: { type: 'boolean', description: 'Only those that were not read' },
    peek: { type: 'boolean', description: 'Leave them unread' },
    mesh: { type: 'string', valueHint: 'slug', description: 'Only of this mesh' },
    limit: { type: 'string', value: 'integer', minimum: 1, maximum: 1000, valueHint: 'n', description: 'How many at most (default 100)' },
  },
  run: async (args, invocation) => {
    const { mesh, limit } = args as { mesh?: string; limit?: number };
    const query = { mesh, limit, unread_only: args.unread === true || args.follow === true, mark_seen: args.peek !== true };
    const { out, globals } = invocation;
    if (args.follow === true) return watch(query, invocation);
    const reply = await invocation.client().send('mesh_inbox', JSON.stringify(query), { timeoutMs: globals.timeoutMs });
    if (globals.json) return out.line(reply.text);
    if (globals.quiet) return out.reply(reply, { table: { rows: 'messages', columns: ['message_id'] } });
    const messages = (reply.value.messages as Message[]).map((message) => ({
      received: new Date(millis(message.received_at_ns)).toISOString(),
      mesh: message.mesh,
      from: message.sender_name,
      topic: message.topic ?? '',
      body: message.body ?? '(cannot be opened)',
    }));
    await out.result({ messages }, { table: { rows: 'messages', columns: ['received', 'mesh', 'from', 'topic', 'body'] } });
  },
});

/** Unread ones first, oldest first, then live. The stream begins before the list is read, so none falls between; what was shown is not shown again. */
async function watch(query: Record<string, unknown>, { client, out, globals, interrupted }: Invocation): Promise<number> {
  const signal = interrupted();
  const shown = new Set<string>();
  const show = async (id: string, message: Record<string, unknown>, time: Date): Promise<void> => {
    if (shown.has(id)) return;
    shown.add(id);
    const { sender_name, topic, body } = message;
    const from = `${cell(String(sender_name))}${typeof topic === 'string' ? ` (${cell(topic)})` : ''}`;
    if (globals.json) out.line(JSON.stringify(message));
    else out.line(globals.quiet ? cell(String(body)) : `${time.toLocaleTimeString('en-GB')} ${from}: ${cell(String(body ?? '(cannot be opened)'))}`);
    if (query.mark_seen === true) await client().call('mesh_inbox_seen', { ids: [id] }, { signal });
  };
  const events = follow(client(), '/v1/events', { kinds: 'message', mesh: query.mesh }, { signal });
  const first = events.next();
  const { messages } = (await client().call('mesh_inbox', { ...query, mark_seen: false }, { signal })) as {
    messages: (Message & Record<string, unknown>)[];
  };
  for (const message of messages.toReversed()) await show(message.message_id, message, new Date(millis(message.received_at_ns)));
  for (let item = await first; !item.done; item = await events.next()) {
    if (item.value.event !== 'message') continue;
    const message = JSON.parse(item.value.data) as Record<string, unknown>;
    await show(String(message.id), message, new Date(String(message.ts)));
  }
  return EXIT.ok;
}
