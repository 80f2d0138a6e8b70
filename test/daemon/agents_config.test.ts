import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../../src/daemon/config';
import { findSetting } from '../../src/daemon/settings';
import { toText } from '../../src/daemon/values';

const folder = mkdtempSync('/tmp/zd-agents-');
const file = join(folder, 'config.toml');
afterAll(() => rmSync(folder, { recursive: true }));

const SECRET = 'hunter2-hunter2';

function load(text: string) {
  writeFileSync(file, text, { mode: 0o600 });
  return loadConfig({ file, env: {} });
}

test('agents of both drivers, with what they leave out', () => {
  const { values, origins } = load(`[agents.claude]
driver = "acp"
command = ["claude-agent-acp"]
env = { TOKEN = "${SECRET}" }
roots = ["/src"]
mcp = ["cache"]
end_hooks = [["notify", "done"]]
[agents.local]
driver = "openai"
base_url = "http://127.0.0.1:8080/v1/"
model = "m-1"
api_key_env = "LOCAL_KEY"
`);
  expect(values.agents).toEqual([
    {
      ...{
        name: 'claude',
        driver: 'acp' as const,
        command: ['claude-agent-acp'],
        env: { TOKEN: SECRET },
        fs: 'none' as const,
        terminal: false,
        mcp: ['cache'],
      },
      ...{ cwd: null, roots: ['/src'], endHooks: [['notify', 'done']] },
    },
    ...[
      {
        name: 'local',
        driver: 'openai' as const,
        base_url: 'http://127.0.0.1:8080/v1',
        model: 'm-1',
        api_key_env: 'LOCAL_KEY',
        system: null,
        cwd: null,
        roots: [],
        endHooks: [],
      },
    ],
  ]);
  expect(origins.agents).toBe('config.toml:1');
  const shown = toText(findSetting('agents')!, values.agents);
  expect(shown).not.toContain(SECRET);
  expect(JSON.parse(shown)).toMatchObject({ claude: { driver: 'acp', env: ['TOKEN'] }, local: { api_key_env: 'LOCAL_KEY' } });
});

const faults: readonly [name: string, text: string, line: number, said: RegExp][] = [
  ['no table', 'agents = 1', 1, /must be a table/],
  ['an agent that is no table', '[agents]\nx = 1', 2, /agent "x": expected tables/],
  ['name', '[agents.Big]\ndriver = "acp"', 1, /a name has 1 to 64 lower case letters/],
  ['driver', '[agents.x]\ndriver = "telepathy"', 2, /its "driver" is "acp" or "openai"/],
  ['command', '[agents.x]\ndriver = "acp"\ncommand = "claude --acp"', 3, /its "command" is a list/],
  ['empty command', '[agents.x]\ndriver = "acp"\ncommand = []', 3, /its "command" is a list/],
  ['environment', `[agents.x]\ndriver = "acp"\ncommand = ["a"]\nenv = { "A-B" = "${SECRET}" }`, 4, /its "env" is a table/],
  ['files', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\nfs = true', 4, /its "fs" is "none", "read" or "write"/],
  ['tools', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\nmcp = "cache"', 4, /its "mcp" is true, false, or a list/],
  ['hooks', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\nend_hooks = ["notify"]', 4, /its "end_hooks" is a list of commands/],
  ['folder', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\ncwd = "src"', 4, /its "cwd" is an absolute path/],
  ['roots', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\nroots = "/src"', 4, /its "roots" is a list of absolute paths/],
  ['a key of the other driver', '[agents.x]\ndriver = "acp"\ncommand = ["a"]\nmodel = "m"', 4, /unknown key "model"/],
  ['address', '[agents.x]\ndriver = "openai"\nbase_url = "ftp://a.test"\nmodel = "m"', 3, /its "base_url" is an http or https address/],
  [
    'address with a password',
    `[agents.x]\ndriver = "openai"\nbase_url = "http://u:${SECRET}@a.test"\nmodel = "m"`,
    3,
    /without a query or a password/,
  ],
  ['model', '[agents.x]\ndriver = "openai"\nbase_url = "http://a.test"', 1, /its "model" is missing/],
  [
    'a key instead of its name',
    '[agents.x]\ndriver = "openai"\nbase_url = "http://a.test"\nmodel = "m"\napi_key_env = "sk-12345"',
    5,
    /the name of an environment variable/,
  ],
  ['system prompt', '[agents.x]\ndriver = "openai"\nbase_url = "http://a.test"\nmodel = "m"\nsystem = 1', 5, /its "system" is a text/],
];
for (const [name, text, line, said] of faults)
  test(`a wrong agent is told with file and line: ${name}`, () => {
    try {
      load(text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      expect(error.problems).toHaveLength(1);
      expect(error.problems[0]!.where).toBe(`${file}:${line}`);
      expect(error.problems[0]!.message).toMatch(said);
      expect(error.message).not.toContain(SECRET);
      expect(error.message).not.toContain('sk-12345');
    }
  });
