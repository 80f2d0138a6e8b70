import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Runs `systemd_story.ts` under a real systemd with a real user manager. The story's folders all lie in one temporary
 * folder, the home of the person included, so nothing of the machine's user is seen or changed.
 */
const HELPER = resolve(import.meta.dir, '../helper/with-systemd.sh');
const root = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function underSystemd(seconds: number, command: readonly string[]): Promise<{ code: number; output: string }> {
  const settings = [`HOME=${root}/user`, `XDG_CONFIG_HOME=${root}/config`, `ZD_STORY=${root}`, ...(process.env.ZD_BIN ? [`ZD_BIN=${resolve(process.env.ZD_BIN)}`] : [])];
  const child = Bun.spawn(['bash', HELPER, '--timeout', String(seconds), ...settings.flatMap((setting) => ['--env', setting]), ...command], {
    cwd: resolve(import.meta.dir, '../..'), stdin: 'ignore', stdout: 'pipe', stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, output: stdout + stderr };
}

/** Why a systemd cannot be run here; empty when it can. */
async function obstacle(): Promise<string> {
  if (process.platform !== 'linux') return 'this is not Linux';
  const { code, output } = await underSystemd(30, ['systemctl', '--user', 'show', '--property=Version']);
  return code === 0 ? '' : output.trim() || `exit code ${code}`;
}

const reason = await obstacle();
if (reason !== '') console.warn(`skipped: a throw-away systemd cannot run here: ${reason}`);

test.skipIf(reason !== '')('the service lives its whole life under a real user manager', async () => {
  const story = join(import.meta.dir, 'systemd_story.ts');
  const { code, output } = await underSystemd(150, [process.execPath, 'test', '--timeout', '60000', story]);
  if (code !== 0) console.error(output);
  expect(code).toBe(0);
}, 170_000);
