import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { ipcDetail } from '../outbox_row';
import { answer, reply, V1 } from './answer';

export const v1OutboxGet = defineRoute({
  ...V1,
  name: 'v1_outbox_get',
  summary: 'One message of the outbox, with how far it is known to have come.',
  description:
    '`delivery` is accepted, handed_to_broker, stored_by_recipient, seen, dead or aborted; the broker is asked when that may have changed.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/outbox/:id',
  input: strict({ id: t.String({ minLength: 1, maxLength: 256 }) }),
  replies: [reply('The message.')],
  errors: ['no_such_message'],
  example: { id: '0190a0e0-0000-7000-8000-000000000000' },
  handle: async ({ mesh }, { id }) => answer(ipcDetail(await mesh.receipts.refresh(mesh.outbox.get(id)))),
});
