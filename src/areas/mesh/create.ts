import { hostname } from 'node:os';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { DisplayName, JOINED_MESH, Slug, wireJoined } from './enrol_schema';
import './service';

export const meshCreate = defineOp({
  name: 'mesh_create',
  summary: 'Make a mesh on a broker, with this daemon as its owner and first member.',
  description:
    'Without `broker` it is the one of this home (`zd broker`), whose token is found by itself. Only who can read the token of a broker makes meshes there. ' +
    'A mesh of this name on that broker is answered as it is.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({
    mesh: Slug,
    broker: t.Optional(
      t.String({ minLength: 1, maxLength: 2048, pattern: '^wss?://[^|\\s]+$', description: 'For example `ws://127.0.0.1:7900/ws`.' }),
    ),
    name: t.Optional(DisplayName),
    token_file: t.Optional(t.String({ minLength: 1, maxLength: 4096, description: 'A file with the token of the broker.' })),
  }),
  output: strict(JOINED_MESH),
  errors: ['conflict', 'broker_unreachable', 'invite_refused'],
  cli: { path: ['mesh', 'create'], positional: ['mesh'], paths: ['token_file'], essential: 'mesh' },
  example: { mesh: 'team', name: 'ada' },
  handle: async ({ mesh: { enroller } }, { mesh, broker, name, token_file }) =>
    wireJoined(await (await enroller()).create(mesh, name ?? hostname(), broker ?? null, token_file ?? null)),
});
