import { openArtifact } from '../../client/artifacts';
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
    // Asked first: a name that is not there leaves no trace of a file.
    const download = await openArtifact(client(), name as string, { timeoutMs: globals.timeoutMs });
    if (output === undefined) {
      for await (const chunk of download.chunks) writeAll(1, chunk);
      return;
    }
    const file = new AtomicFile(output as string);
    try {
      await file.take(download);
      file.commit();
    } finally {
      file.discard();
    }
  },
});
