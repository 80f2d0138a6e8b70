import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

const MAX_IDS = 1000;

export const v1InboxSeen = defineRoute({
  ...V1,
  name: 'v1_inbox_seen',
  summary: 'Mark messages as seen.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/inbox/seen',
  input: strict({}),
  requestBody: { type: 'application/json', description: '`{ids: [string]}`; at most 65536 bytes.' },
  replies: [reply('How many of them were unread.')],
  errors: ['bad_json', 'too_large'],
  example: {},
  handle: async ({ mesh }, _, call) => {
    const { ids } = await readObject(call, 64 * KiB);
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) throw invalid("missing 'ids' (string[])", '/ids');
    if (ids.length > MAX_IDS) throw invalid(`'ids' has more than ${MAX_IDS} members`, '/ids');
    return answer({ marked_seen: ids.length === 0 ? 0 : await mesh.inbox.seen(ids as string[]) });
  },
});
