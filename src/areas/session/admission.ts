import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, sep } from 'node:path';
import { inherited } from '../../kernel/environment';
import { ZdError } from '../../kernel/error';
import { findProgram, folderFault } from '../../kernel/program';
import type { AgentSpec } from './agent';
import type { SessionDeps } from './deps';
import type { NewSession } from './service';

/** Which agent a new session gets and where it works. Throws `no_such_agent`, `agent_failed`, `bad_args`. */
export function admit({ agents }: Pick<SessionDeps, 'agents'>, request: NewSession): { spec: AgentSpec; cwd: string } {
  const spec = choose(agents(), request.agent);
  const cwd = folder(spec, request.cwd ?? spec.cwd ?? homedir());
  if (spec.driver === 'acp' && findProgram(spec.command[0]!, cwd, inherited({ ...process.env, ...spec.env }).PATH) === null)
    throw new ZdError('agent_failed', `The agent "${spec.name}" cannot be started: there is no program "${spec.command[0]}".`);
  if (spec.driver === 'openai' && spec.api_key_env !== null && !process.env[spec.api_key_env])
    throw new ZdError('agent_failed', `The agent "${spec.name}" needs a key in the variable ${spec.api_key_env}, and zd was started without it.`);
  return { spec, cwd };
}

function choose(agents: readonly AgentSpec[], name: string | undefined): AgentSpec {
  const spec = name === undefined && agents.length === 1 ? agents[0] : agents.find((each) => each.name === name);
  if (spec) return spec;
  const known = agents.map((each) => each.name).join(', ');
  throw new ZdError(
    'no_such_agent',
    agents.length === 0
      ? 'No agent is configured.'
      : name === undefined
        ? `Several agents are configured, so one has to be named: ${known}.`
        : `There is no agent "${name.slice(0, 100)}"; there are ${known}.`,
  );
}

/** The folder as it is on the disk, within what the agent may have. */
function folder(spec: AgentSpec, cwd: string): string {
  const bad = (why: string) => new ZdError('bad_args', `/cwd: ${why}`, { path: '/cwd' });
  if (!isAbsolute(cwd)) throw bad('it must be absolute');
  const fault = folderFault(cwd);
  if (fault !== null) throw bad(fault);
  const real = realpathSync(cwd);
  if (spec.roots.length > 0 && !spec.roots.some((root) => isWithin(realOr(root), real)))
    throw bad(`the agent "${spec.name}" may work in ${spec.roots.join(', ')} only`);
  return real;
}

/** Both as they are on the disk. */
export const isWithin = (root: string, path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
