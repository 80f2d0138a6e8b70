import { getArtifact } from '../../client/artifacts';
import { AtomicFile } from '../atomic_file';
import { command } from '../command';
import { writeAll } from '../write';

export const artifactGet = command({
  name: 'artifact get',
  summary: 'Write the bytes of an artifact to stdout or to a file',
  args: {
    name: { type: 'positional', description: 'The name' },
    output: { type: 'string', alias: 'o', valueHint: 'file', suggest: 'files', description: 'Write this file, complete or not at all' },
  },
  run: async ({ name, output }, { client, globals }) => {
    const chunks = getArtifact(client(), name as string, { timeoutMs: globals.timeoutMs });
    if (output === undefined) {
      for await (const chunk of chunks) writeAll(1, chunk);
      return;
    }
    // Asked first: a name that is not there leaves no trace of a file.
    const first = await chunks.next();
    const file = new AtomicFile(output as string);
    try {
      if (!first.done) file.write(first.value);
      for await (const chunk of chunks) file.write(chunk);
      file.commit();
    } finally {
      file.discard();
    }
  },
});
