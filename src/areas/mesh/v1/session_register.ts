import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { checker } from '../../../kernel/validate';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

const Key = (chars: number) => t.String({ pattern: `^[0-9a-f]{${chars}}$` });
const Presence = t.Object({
  session_pubkey: Key(64),
  session_secret_key: Key(128),
  parent_attestation: t.Optional(t.Object({})),
});
const filled = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= 256;

export const v1SessionRegister = defineRoute({
  ...V1,
  name: 'v1_session_register',
  summary: 'Register a run of an agent: it gets a key and a link of its own, vouched for by the member, until its process ends.',
  description:
    'The body is `{token, session_id, mesh, display_name, pid, cwd?, role?, groups?, presence?}`. The token is what the run shows later; only its hash is kept.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/sessions/register',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 65536 bytes.' },
  replies: [reply('Registered.')],
  errors: ['bad_json', 'too_large', 'mesh_not_attached', 'no_such_process'],
  example: {},
  handle: async ({ mesh: service, log }, _, call) => {
    const { token, session_id, mesh, display_name, pid, cwd = null, role = null, groups = [], presence = null } = await readObject(call, 64 * KiB);
    if (typeof token !== 'string' || !/^[0-9a-f]{64}$/i.test(token)) throw invalid('token must be 64 hex chars', '/token');
    if (!filled(session_id) || !filled(mesh) || !filled(display_name) || !Number.isSafeInteger(pid) || (pid as number) <= 0)
      throw invalid('session_id, mesh, display_name, pid all required', '');
    if (!Array.isArray(groups) || groups.length > 64 || !groups.every(filled)) throw invalid("'groups' must be strings", '/groups');
    const proper = presence !== null && checker(Presence).Check(presence);
    if (presence !== null && !proper) log.warn('session_register_presence_malformed', { mesh });
    const session = await service.sessions.register({
      ...{ token: token.toLowerCase(), sessionId: session_id, mesh, displayName: display_name, pid: pid as number },
      cwd: filled(cwd) ? cwd : null,
      role: filled(role) ? role : null,
      groups: groups as string[],
      secretKey: proper ? (presence as { session_secret_key: string }).session_secret_key : null,
    });
    return answer({ ok: true, registered_at: session.registeredAt, presence_accepted: proper, session_pubkey: session.pubkey });
  },
});
