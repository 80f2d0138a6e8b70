import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { answer, reply, V1 } from './answer';

export const v1InboxDelete = defineRoute({
  ...V1,
  name: 'v1_inbox_delete',
  summary: 'Delete one message. A further copy of it is not shown.',
  scope: 'mesh.write',
  method: 'DELETE',
  path: '/v1/inbox/:id',
  input: strict({ id: t.String({ minLength: 1, maxLength: 256 }) }),
  replies: [reply('Deleted.')],
  errors: ['no_such_message'],
  example: { id: '0190a0e0-0000-7000-8000-000000000000' },
  handle: async ({ mesh }, { id }) => {
    await mesh.inbox.remove(id);
    return answer({ removed: 1, id });
  },
});
