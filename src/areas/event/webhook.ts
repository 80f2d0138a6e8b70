import { grants } from '../../kernel/caller';
import { parseJson } from '../../kernel/json';
import { defineRoute } from '../../kernel/route';
import { strict, t } from '../../kernel/schema';
import './service';
import { signatureFits } from './webhook_channel';

const SCOPE = 'webhook.write';
const MAX_BODY_BYTES = 256 * 1024;
/** GitHub's; also the default of the configuration. */
const DEFAULT_HEADER = 'x-hub-signature-256';
/** Headers that say what a request is about. None that may carry a credential: they are stored with the event. */
const KEPT_HEADERS = [
  'content-type',
  'user-agent',
  'x-github-event',
  'x-github-delivery',
  'x-gitlab-event',
  'x-gitlab-event-uuid',
  'x-gitea-event',
  'x-gitea-delivery',
  'x-event-key',
  'x-request-id',
  'idempotency-key',
  'webhook-id',
  'webhook-timestamp',
  'ce-id',
  'ce-type',
  'ce-source',
];

export const webhook = defineRoute({
  name: 'webhook',
  summary: 'Publish what an outside service posts, under the topic `webhook.CHANNEL`.',
  description: [
    `The event's data is \`{channel, headers, body}\`: some headers, and the body as JSON or, when it is not JSON, as text.`,
    `A caller has a token with the scope \`${SCOPE}\`, or signs the raw body with the secret of the channel (\`[webhook.CHANNEL]\` in config.toml).`,
  ].join('\n'),
  scope: SCOPE,
  method: 'POST',
  path: '/webhook/:channel',
  auth: 'self',
  input: strict({ channel: t.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'Whom it is for.' }) }),
  requestBody: { type: '*/*', description: `JSON, or any text in UTF-8; at most ${MAX_BODY_BYTES} bytes.` },
  replies: [
    {
      status: 200,
      description: 'The event is stored.',
      type: 'application/json',
      schema: t.Object({ ok: t.Literal(true), event_id: t.String(), seq: t.Integer(), delivered_to: t.Integer() }),
    },
  ],
  errors: ['bad_signature', 'bad_json', 'too_large', 'unsupported_media_type'],
  example: { channel: 'github' },
  handle: async ({ events, webhooks }, { channel: name }, call) => {
    const trusted = grants(call.caller.scopes, SCOPE);
    // A token that is known but does not grant this is told so; only a caller without one may sign instead.
    if (!trusted && call.caller.label !== 'anonymous') call.need(SCOPE);
    const tooLarge = () => call.fail('too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`, { extra: { limit: MAX_BODY_BYTES } });
    const bytes = await call.bytes(MAX_BODY_BYTES);
    if (!bytes) throw tooLarge();
    const channel = webhooks.channel(name);
    if (!trusted && !signatureFits(channel, call.headers.get(channel?.header ?? DEFAULT_HEADER), bytes)) throw call.fail('bad_signature');
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw call.fail('unsupported_media_type', 'The body is not text in UTF-8.');
    }
    const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(call.headers.get('content-type') ?? '');
    const body = isJson ? parseJson(text, webhooks.maxDepth()) : text;
    const headers = Object.fromEntries(KEPT_HEADERS.map((header) => [header, call.headers.get(header)?.slice(0, 1000)]).filter(([, value]) => value));
    const topic = `webhook.${name}`;
    const draft = { kind: 'webhook', scope: 'http', topic, source: 'webhook', data: { channel: name, headers, body } };
    const { event, delivered } = await events.publish(draft);
    return Response.json({ ok: true, event_id: event.id, seq: event.seq, delivered_to: delivered });
  },
});
