import { defineRoute } from '../../kernel/route';
import { strict } from '../../kernel/schema';
import { ArtifactName } from './schema';

export const deleteRoute = defineRoute({
  name: 'artifact_remove',
  summary: 'Delete a name; its content goes too when no other name has it.',
  scope: 'artifact.write',
  method: 'DELETE',
  path: '/artifact/*name',
  input: strict({ name: ArtifactName }),
  replies: [{ status: 204, description: 'Deleted.' }],
  errors: ['no_such_file'],
  example: { name: 'build/notes.txt' },
  handle: async ({ artifacts }, { name }) => {
    await artifacts.delete(name);
    return new Response(null, { status: 204 });
  },
});
