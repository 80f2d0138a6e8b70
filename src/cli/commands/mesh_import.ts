import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../kernel/code_info';
import { command, UsageError } from '../command';

export const meshImport = command({
  name: 'mesh import',
  summary: 'Join the meshes of a claudemesh configuration (~/.claudemesh/config.json), with the keys it holds',
  args: { file: { type: 'positional', required: false, suggest: 'files', description: 'Another file' } },
  run: async ({ file }, { client, globals, out, env }) => {
    const path = (file as string | undefined) ?? join(env.HOME ?? homedir(), '.claudemesh', 'config.json');
    const reply = await client().call('mesh_import', { config: read(path) }, { timeoutMs: globals.timeoutMs });
    const { imported, already, refused } = reply as { imported: string[]; already: string[]; refused: { slug: string; reason: string }[] };
    if (globals.json) out.line(JSON.stringify(reply));
    else for (const slug of imported) out.line(slug);
    for (const slug of already) out.note(`zd: ${slug} is joined already`);
    for (const { slug, reason } of refused) out.note(`zd: ${slug} was not joined: ${reason}`);
    return refused.length > 0 && imported.length === 0 ? EXIT.failure : EXIT.ok;
  },
});

function read(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, 'Name the configuration: zd mesh import FILE');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own words would quote the file, which holds keys.
    throw new UsageError(`${path} is not JSON`);
  }
}
