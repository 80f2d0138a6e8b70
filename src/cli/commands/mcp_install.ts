import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { AtomicFile } from '../atomic_file';
import { thisProgram } from '../../service/program';
import { command, UsageError } from '../command';

type Json = Record<string, unknown>;

/** Where a client keeps its servers: the file, and the member they stand under. */
interface Place {
  readonly file: (home: string, cwd: string) => string;
  readonly member: string;
  /** What this client wants beside command and args. */
  readonly more?: Json;
}

const application = (home: string, name: string): string =>
  process.platform === 'darwin' ? join(home, 'Library/Application Support', name) : join(home, '.config', name);

const CLIENTS: Readonly<Record<string, Place>> = {
  claude: { file: (_, cwd) => join(cwd, '.mcp.json'), member: 'mcpServers', more: { type: 'stdio' } },
  'claude-desktop': { file: (home) => join(application(home, 'Claude'), 'claude_desktop_config.json'), member: 'mcpServers' },
  cursor: { file: (home) => join(home, '.cursor/mcp.json'), member: 'mcpServers' },
  gemini: { file: (home) => join(home, '.gemini/settings.json'), member: 'mcpServers' },
  vscode: { file: (_, cwd) => join(cwd, '.vscode/mcp.json'), member: 'servers', more: { type: 'stdio' } },
  windsurf: { file: (home) => join(home, '.codeium/windsurf/mcp_config.json'), member: 'mcpServers' },
  zed: { file: (home) => join(application(home, 'zed'), 'settings.json'), member: 'context_servers' },
};

export const mcpInstall = command({
  name: 'install',
  summary: "Print an agent's configuration for zd, or write it into the agent's file",
  args: {
    client: { type: 'positional', options: Object.keys(CLIENTS), description: 'The agent' },
    allow: {
      type: 'string',
      many: true,
      valueHint: 'AREA',
      description: 'Allow the writing tools of this area, or this operation, too; "*" for all',
    },
    only: { type: 'string', many: true, valueHint: 'AREA', description: 'Offer the tools of this area, or this operation, alone' },
    write: { type: 'boolean', description: 'Write it into the file of the agent; what else stands there stays' },
  },
  run: ({ client, allow = [], only = [], write }, { paths, env, out }) => {
    const place = CLIENTS[client as string]!;
    const flags = [...(allow as string[]).flatMap((name) => ['--allow', name]), ...(only as string[]).flatMap((name) => ['--only', name])];
    // An agent does not start with the shell's environment, so what finds the daemon has to be said.
    const { argv, env: needed } = thisProgram(paths, env);
    const entry = { ...place.more, command: argv[0], args: [...argv.slice(1), 'mcp', ...flags], env: needed };
    const path = place.file(env.HOME ?? homedir(), process.cwd());
    if (!write) {
      out.text(`${JSON.stringify({ [place.member]: { zd: entry } }, null, 2)}\n`);
      return out.note(`This belongs into ${path}; --write puts it there.`);
    }
    store(path, place.member, entry);
    out.note(`written to ${path}`);
  },
});

function store(path: string, member: string, entry: Json): void {
  const before = existsSync(path) ? readJson(path) : {};
  const servers = before[member] ?? {};
  if (typeof servers !== 'object' || servers === null || Array.isArray(servers)) throw refused(path, `its "${member}" is no object`);
  mkdirSync(dirname(path), { recursive: true });
  const file = new AtomicFile(path);
  try {
    file.write(Buffer.from(`${JSON.stringify({ ...before, [member]: { ...servers, zd: entry } }, null, 2)}\n`));
    file.commit();
  } finally {
    file.discard();
  }
}

function readJson(path: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw refused(path, 'it is not plain JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(path, 'it holds no JSON object');
  return value as Json;
}

const refused = (path: string, why: string): UsageError =>
  new UsageError(`${path} was not changed: ${why}`, 'Leave --write out, and put in by hand what is printed');
