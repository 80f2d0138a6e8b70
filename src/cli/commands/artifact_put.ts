import { statSync } from 'node:fs';
import { putArtifact } from '../../client/artifacts';
import { ClientError } from '../../client/error';
import { EXIT } from '../../kernel/code_info';
import { command } from '../command';

export const artifactPut = command({
  name: 'artifact put',
  summary: 'Store a file, or what comes on stdin, under a name',
  args: {
    name: { type: 'positional', description: 'Segments between slashes; the first one of several is the namespace' },
    file: { type: 'positional', suggest: 'files', description: 'The file, or - for stdin' },
    type: { type: 'string', valueHint: 'media-type', description: 'Media type it is given back with' },
    digest: { type: 'string', valueHint: 'sha256', description: 'Refuse anything that does not have this digest' },
  },
  run: async ({ name, file, type, digest }, { client, globals, out }) => {
    const body = file === '-' ? Bun.stdin.stream() : readable(file as string);
    const options = { type: type as string | undefined, digest: digest as string | undefined, timeoutMs: globals.timeoutMs };
    const text = await putArtifact(client(), name as string, body, options);
    await out.reply({ text, value: JSON.parse(text) as Record<string, unknown> }, { essential: 'digest' });
  },
});

function readable(path: string): Blob {
  try {
    if (statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw new ClientError('no_file', `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, '', EXIT.failure);
  }
  return Bun.file(path);
}
