import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { version as daemonVersion } from '../../../version';
import { answer, reply, V1 } from './answer';

const FEATURES = ['version', 'health', 'send', 'inbox', 'events', 'peers', 'profile', 'sessions', 'outbox', 'topics', 'metrics'];

export const v1Version = defineRoute({
  ...V1,
  name: 'v1_version',
  summary: 'The version of the daemon and of its message interface.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/version',
  input: strict({}),
  replies: [reply('Versions and what is there.')],
  errors: [],
  example: {},
  handle: ({ mesh }) => {
    const negotiated = Object.fromEntries(mesh.meshes.all().map(({ joined, link }) => [joined.slug, link.features]));
    return answer({
      daemon_version: daemonVersion,
      ipc_api: 'v1',
      ipc_features: FEATURES,
      schema_version: 1,
      broker_features_negotiated: negotiated,
    });
  },
});
