import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import './service';

export const meshLeave = defineOp({
  name: 'mesh_leave',
  summary: 'Leave a mesh: its link ends, its keys are deleted, and what waits for it is given up.',
  description: 'What arrived stays in the inbox.',
  scope: 'mesh.admin',
  effect: 'destructive',
  input: strict({ mesh: t.String({ minLength: 1, maxLength: 64 }) }),
  output: strict({ mesh: t.String(), given_up: t.Integer({ minimum: 0, description: 'Messages that were not handed over.' }) }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'leave'], positional: ['mesh'], essential: 'mesh' },
  example: { mesh: EXAMPLE_MESH },
  exampleSetup: [JOINED],
  handle: async ({ mesh: service }, { mesh }) => {
    if (!(await service.meshes.remove(mesh))) service.meshes.find(mesh);
    await service.wishes.forget(mesh);
    return { mesh, given_up: await service.outbox.giveUp(mesh, 'the mesh was left') };
  },
});
