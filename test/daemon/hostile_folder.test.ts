import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanEnv, tempHome } from '../helper/daemon';
import { until } from '../helper/until';

const root = resolve(import.meta.dir, '../..');
/** The compiled program: the one under test, else one that is built here, because the source is run by bun itself, which reads these files. */
let zd: string;
let built: string | undefined;

beforeAll(async () => {
  if (process.env.ZD_BIN) return void (zd = resolve(process.env.ZD_BIN));
  mkdirSync(join(root, 'dist'), { recursive: true });
  built = mkdtempSync(join(root, 'dist/test-'));
  zd = join(built, 'zd');
  const child = Bun.spawn([process.execPath, join(root, 'scripts/compile.ts'), '--outfile', zd], { stdio: ['ignore', 'ignore', 'inherit'] });
  expect(await child.exited).toBe(0);
}, 180_000);
afterAll(() => built && rmSync(built, { recursive: true, force: true }));

/** A project folder that would like to run its own code, and to send zd somewhere else, in every way it could try. */
function hostile(): string {
  const folder = tempHome();
  const files = {
    '.env': 'ZD_HOME=/nonexistent/stolen\nZD_HTTP_LISTEN=nonsense\nZD_LOG_LEVEL=loud\n',
    '.env.production': 'ZD_HOME=/nonexistent/stolen\n',
    'bunfig.toml': 'preload = ["./evil.ts"]\n[test]\npreload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
    'evil.ts': `require('node:fs').writeFileSync('${folder}/ran', 'x');\n`,
    'package.json': '{"name": "zd", "main": "evil.ts", "module": "evil.ts"}',
    'tsconfig.json': '{"compilerOptions": {"baseUrl": ".", "paths": {"*": ["./evil.ts"]}}}',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

async function run(cwd: string, home: string, args: readonly string[], extra: Record<string, string> = {}) {
  const child = Bun.spawn([zd, ...args], { cwd, env: cleanEnv(home, extra), stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

test('a folder cannot run code in zd, nor change its settings', async () => {
  const folder = hostile();
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  try {
    for (const args of [['version'], ['--help'], ['config', 'show'], ['up'], ['cache', 'put', 'n', 'k', 'v'], ['cache', 'get', 'n', 'k'], ['doctor']])
      expect({ args, ...(await run(folder, home, args)) }).toMatchObject({ args, code: 0 });
    expect((await run(folder, home, ['info', '--json'])).stdout).toContain(`"socket":"${home}/zd.sock"`);
    expect((await run(folder, home, ['config', 'show'])).stdout).toContain('log.level\tinfo\tdefault\n');
  } finally {
    expect((await run(folder, home, ['down'])).code).toBe(0);
  }
  expect(existsSync(join(folder, 'ran'))).toBe(false);
  expect(existsSync('/nonexistent')).toBe(false);
});

test('a daemon started there does not read it either', async () => {
  const folder = hostile();
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  const child = Bun.spawn([zd, '__daemon'], { cwd: folder, env: cleanEnv(home), stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  expect(JSON.parse(await child.stdout.text())).toMatchObject({ event: 'ready', socket: join(home, 'zd.sock') });
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

/** Whoever sets these may run anything anyway, but a daemon lives on, and hands its environment to what it starts. */
test("the runtime's own variables do not reach the daemon", async () => {
  const folder = hostile();
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  expect((await run(folder, home, ['up'], { BUN_OPTIONS: '--preload ./evil.ts' })).code).toBe(0);
  expect(existsSync(join(folder, 'ran'))).toBe(true);
  rmSync(join(folder, 'ran'));
  const { pid: before } = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { pid: number };
  // A restart over the API starts the daemon's own successor.
  expect((await run(folder, home, ['daemon', 'restart'])).code).toBe(0);
  const pid = await until('the successor answers', async () => {
    const { stdout } = await run(folder, home, ['status', '-q']);
    return stdout !== '' && Number(stdout) !== before ? Number(stdout) : null;
  });
  if (process.platform === 'linux') expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/BUN_(OPTIONS|BE_BUN)/);
  expect((await run(folder, home, ['down'])).code).toBe(0);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});
