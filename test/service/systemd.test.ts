import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Runs the stories beside this file under a real systemd with a real user manager. Their folders all lie in one temporary
 * folder, the home of the person included, so nothing of the machine's user is seen or changed.
 */
const HELPER = resolve(import.meta.dir, '../helper/with-systemd.sh');
const root = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function underSystemd(
  seconds: number,
  settings: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<{ code: number; output: string }> {
  const all = { HOME: join(root, 'user'), SERVICE_STORY: root, ...(process.env.ZD_BIN ? { ZD_BIN: resolve(process.env.ZD_BIN) } : {}), ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const child = Bun.spawn(['bash', HELPER, '--timeout', String(seconds), ...flags, ...command], {
    cwd: resolve(import.meta.dir, '../..'),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, output: stdout + stderr };
}

/** Why a systemd cannot be run here; empty when it can. */
async function obstacle(): Promise<string> {
  if (process.platform !== 'linux') return 'this is not Linux';
  const { code, output } = await underSystemd(30, {}, ['systemctl', '--user', 'show', '--property=Version']);
  return code === 0 ? '' : output.trim() || `exit code ${code}`;
}

const reason = await obstacle();
if (reason !== '') console.warn(`skipped: a throw-away systemd cannot run here: ${reason}`);

/** Runs a story, whose tests print what went wrong. */
async function tell(story: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const { code, output } = await underSystemd(400, settings, [process.execPath, 'test', '--timeout', '120000', join(import.meta.dir, story)]);
  if (code !== 0) console.error(output);
  expect(code).toBe(0);
}

test.skipIf(reason !== '')(
  'the service lives its whole life under a real user manager',
  () => tell('systemd_story.ts', { XDG_CONFIG_HOME: join(root, 'config') }),
  420_000,
);

test.skipIf(reason !== '')(
  'our unit does with any program what it shall do with the daemon',
  () => tell('systemd_unit_story.ts', { XDG_CONFIG_HOME: join(root, 'config') }),
  420_000,
);

test.skipIf(reason !== '')(
  'a shell that has folders of its own installs where the manager looks',
  () => tell('systemd_folders_story.ts', {}),
  420_000,
);

test.skipIf(reason !== '')(
  'jobs outlive every restart of the service, and their exit codes are learned',
  () => tell('systemd_jobs_story.ts', { XDG_CONFIG_HOME: join(root, 'config') }),
  420_000,
);
