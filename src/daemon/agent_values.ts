import { isAbsolute } from 'node:path';
import type { AgentSetting } from './setting';
import { ValueFault } from './values';

type Table = Record<string, unknown>;
type Fault = (what: string, ...below: string[]) => ValueFault;

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const AREA = /^(?:\*|[a-z][a-z0-9_]*)$/;
/** What an agent of either driver has. */
const COMMON = ['cwd', 'roots', 'end_hooks'];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The tables of [agents]. Throws `ValueFault`, never with the value of a variable. */
export function parseAgents(value: unknown, expected: string): readonly AgentSetting[] {
  if (!isTable(value)) throw new ValueFault(`expected ${expected}`);
  return Object.freeze(
    Object.entries(value).map(([name, item]) => {
      const fault: Fault = (what, ...below) => new ValueFault(`agent "${name}": ${what}`, [name, ...below]);
      if (!NAME.test(name)) throw fault('a name has 1 to 64 lower case letters, digits and . _ -, and begins with a letter or digit');
      if (!isTable(item)) throw fault(`expected ${expected}`);
      if (item.driver === 'acp') return acp(name, item, fault);
      if (item.driver === 'openai') return openai(name, item, fault);
      throw fault('its "driver" is "acp" or "openai"', 'driver');
    }),
  );
}

function acp(name: string, item: Table, fault: Fault): AgentSetting {
  known(item, ['driver', 'command', 'env', 'fs', 'terminal', 'mcp', ...COMMON], fault);
  const { command, env = {}, fs = 'none', terminal = false, mcp = false } = item;
  if (!isCommand(command)) throw fault('its "command" is a list of the program and its arguments', 'command');
  if (!isTable(env)) throw fault('its "env" is a table of VARIABLE = "VALUE"', 'env');
  for (const [variable, text] of Object.entries(env))
    if (!VARIABLE.test(variable) || typeof text !== 'string' || text.includes('\0'))
      throw fault('its "env" is a table of VARIABLE = "VALUE"', 'env', variable);
  if (fs !== 'none' && fs !== 'read' && fs !== 'write') throw fault('its "fs" is "none", "read" or "write"', 'fs');
  if (typeof terminal !== 'boolean') throw fault('its "terminal" is true or false', 'terminal');
  if (typeof mcp !== 'boolean' && !(Array.isArray(mcp) && mcp.every((each) => typeof each === 'string' && AREA.test(each))))
    throw fault('its "mcp" is true, false, or a list of the areas whose writing tools it may use', 'mcp');
  const tools = mcp === false ? null : mcp === true ? [] : (mcp as string[]);
  return { name, driver: 'acp', command, env: env as Record<string, string>, fs, terminal, mcp: tools, ...common(item, fault) };
}

function openai(name: string, item: Table, fault: Fault): AgentSetting {
  known(item, ['driver', 'base_url', 'model', 'api_key_env', 'system', ...COMMON], fault);
  const { base_url, model, api_key_env = null, system = null } = item;
  const url = typeof base_url === 'string' && URL.canParse(base_url) ? new URL(base_url) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw fault('its "base_url" is an http or https address without a query or a password, such as "https://api.openai.com/v1"', 'base_url');
  if (typeof model !== 'string' || model === '') throw fault('its "model" is missing', 'model');
  if (api_key_env !== null && (typeof api_key_env !== 'string' || !VARIABLE.test(api_key_env)))
    throw fault('its "api_key_env" is the name of an environment variable, not the key', 'api_key_env');
  if (system !== null && typeof system !== 'string') throw fault('its "system" is a text', 'system');
  return { name, driver: 'openai', base_url: url.href.replace(/\/+$/, ''), model, api_key_env, system, ...common(item, fault) };
}

function common({ cwd = null, roots = [], end_hooks: endHooks = [] }: Table, fault: Fault): Pick<AgentSetting, 'cwd' | 'roots' | 'endHooks'> {
  if (cwd !== null && (typeof cwd !== 'string' || !isAbsolute(cwd))) throw fault('its "cwd" is an absolute path', 'cwd');
  if (!Array.isArray(roots) || !roots.every((root) => typeof root === 'string' && isAbsolute(root)))
    throw fault('its "roots" is a list of absolute paths', 'roots');
  if (!Array.isArray(endHooks) || !endHooks.every(isCommand))
    throw fault('its "end_hooks" is a list of commands, each a list of the program and its arguments', 'end_hooks');
  return { cwd, roots: roots as string[], endHooks };
}

const isCommand = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string' && word !== '' && !word.includes('\0'));

function known(item: Table, names: readonly string[], fault: Fault): void {
  const unknown = Object.keys(item).find((name) => !names.includes(name));
  if (unknown !== undefined) throw fault(`unknown key "${unknown}"; with the driver "${String(item.driver)}" it has ${names.join(', ')}`, unknown);
}

/** Without the values of variables, which may be secrets. */
export const agentsAsText = (agents: readonly AgentSetting[]): string =>
  JSON.stringify(
    Object.fromEntries(
      agents.map(({ name, endHooks, ...rest }) => [
        name,
        { ...(rest.driver === 'acp' ? { ...rest, env: Object.keys(rest.env), mcp: rest.mcp ?? false } : rest), end_hooks: endHooks },
      ]),
    ),
  );

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);
