import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { validateInput } from '../../../kernel/validate';
import { applyProfile } from '../profile_request';
import { ProfileFields } from '../profile';
import { answer, invalid, KiB, MESH, readObject, reply, sessionOf, V1 } from './answer';

const Body = strict({ ...ProfileFields, mesh: t.Optional(t.String({ maxLength: 64 })) });

export const v1Profile = defineRoute({
  ...V1,
  name: 'v1_profile',
  summary: 'Say how others see this daemon. It holds from then on, also across restarts and while a broker is away.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/profile',
  input: strict({ mesh: MESH }),
  requestBody: {
    type: 'application/json',
    description: '`{summary?, status?, visible?, avatar?, title?, bio?, capabilities?, mesh?}`; at most 16384 bytes.',
  },
  replies: [reply('What was applied, to which meshes, and which of their brokers know it by now.')],
  errors: ['bad_json', 'too_large', 'mesh_not_attached'],
  example: {},
  handle: async ({ mesh: service }, { mesh: asked }, call) => {
    const { mesh = asked, ...profile } = validateInput(Body, await readObject(call, 16 * KiB)) as { mesh?: string };
    if (Object.keys(profile).length === 0) throw invalid('nothing to apply', '');
    return answer({ ok: true, ...(await applyProfile(service, mesh ?? sessionOf(service, call.headers)?.mesh ?? null, profile)) });
  },
});
