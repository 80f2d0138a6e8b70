import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { EXAMPLE_KEY, EXAMPLE_MESH, JOINED } from './example';
import { MeshSlug, PriorityName } from './schema';
import { readSendRequest } from './send_request';
import './service';

export const meshSend = defineOp({
  name: 'mesh_send',
  summary: 'Send a message, once per key: it is stored first, and ends as handed over or with a reason.',
  description: [
    '`to` is a key, the beginning of one (16 characters at least), a name, `@group`, `#topic`, or `*` for everyone. Names and beginnings need the broker; a key does not.',
    'The same request with the same key is answered from what became of the first; another request with it is refused, and so is one whose message ended.',
  ].join('\n'),
  scope: 'mesh.write',
  effect: 'write',
  input: strict({
    to: t.String({ maxLength: 512, description: 'Whom it is for.' }),
    message: t.String({ description: 'The text.' }),
    priority: t.Optional(PriorityName),
    reply_to_id: t.Optional(t.String({ maxLength: 256 })),
    meta: t.Optional(t.Record(t.String(), t.Unknown())),
    mesh: t.Optional(MeshSlug),
    client_message_id: t.Optional(t.String({ maxLength: 256, description: 'The key; one is made without it.' })),
  }),
  output: strict({
    client_message_id: t.String(),
    status: t.Union([t.Literal('queued'), t.Literal('inflight'), t.Literal('done')]),
    row_id: t.String(),
    mesh: t.String(),
    duplicate: t.Boolean({ description: 'It was handed to the broker before.' }),
    broker_message_id: nullable(t.String()),
    history_id: nullable(t.String()),
  }),
  errors: [
    'idempotency_key_reused',
    'mesh_required',
    'mesh_not_attached',
    'no_such_target',
    'ambiguous_target',
    'broker_unreachable',
    'too_large',
    'host_mismatch',
  ],
  maxBody: 256 * 1024,
  example: { mesh: EXAMPLE_MESH, to: EXAMPLE_KEY, message: 'the build is green' },
  exampleSetup: [JOINED],
  handle: async ({ mesh: service }, input, call) => {
    const sent = await service.outbox.send(readSendRequest(input, null), null);
    const { verdict, clientMessageId, mesh } = sent;
    if (verdict.status === 409) throw call.fail('idempotency_key_reused', undefined, { extra: { ...verdict.body, error: undefined } });
    const row_id = service.outbox.find(clientMessageId)!.id;
    const about = { client_message_id: clientMessageId, row_id, mesh };
    if (verdict.status === 202) return { ...about, status: verdict.body.status, duplicate: false, broker_message_id: null, history_id: null };
    const { broker_message_id, history_id } = verdict.body;
    return { ...about, status: 'done' as const, duplicate: true, broker_message_id, history_id };
  },
});
