import { hostname } from 'node:os';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { DisplayName, JOINED_MESH, Slug, wireJoined } from './enrol_schema';
import { EXAMPLE_LINK, JOINED } from './example';
import './service';

export const meshJoin = defineOp({
  name: 'mesh_join',
  summary: 'Join a mesh by a link somebody gave you; it is connected at once.',
  description: 'The keys are made by this daemon and never leave it. Links of zd (`zd://join/…`) and of claudemesh (`ic://join/…`) are both taken.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({
    link: t.String({ minLength: 1, maxLength: 8300 }),
    name: t.Optional(DisplayName),
    as: t.Optional({ ...Slug, description: 'What the mesh is called here; its own name without it.' }),
  }),
  output: strict(JOINED_MESH),
  errors: ['conflict', 'broker_unreachable', 'invite_refused'],
  example: { link: EXAMPLE_LINK, name: 'ada' },
  exampleSetup: [JOINED],
  handle: async ({ mesh: { enroller } }, { link, name, as }) => wireJoined(await (await enroller()).join(link, name ?? hostname(), as ?? null)),
});
