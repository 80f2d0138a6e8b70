import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_CONFIG } from './example';
import { importConfig } from './import_config';
import './service';

export const meshImport = defineOp({
  name: 'mesh_import',
  summary: 'Join the meshes of a claudemesh configuration, with the keys it holds.',
  description: 'Meshes that are joined already stay as they are. `zd mesh import` reads ~/.claudemesh/config.json.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({
    config: t.Record(t.String(), t.Unknown(), { description: 'The configuration as JSON: `{version, meshes: […], displayName?, groups?}`.' }),
  }),
  output: strict({
    imported: t.Array(t.String()),
    already: t.Array(t.String()),
    refused: t.Array(strict({ slug: t.String(), reason: t.String() })),
  }),
  errors: [],
  example: { config: EXAMPLE_CONFIG },
  handle: ({ mesh }, { config }) => importConfig(mesh, config),
});
