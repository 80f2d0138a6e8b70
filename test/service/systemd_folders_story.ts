import { expect, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZD } from '../helper/daemon';

// Run by systemd.test.ts inside a throw-away systemd whose user manager knows none of these folders.
const root = process.env.SERVICE_STORY!;
const folders = { XDG_CONFIG_HOME: join(root, 'my config'), XDG_DATA_HOME: join(root, 'my data'), XDG_STATE_HOME: join(root, 'my state') };
const zd = async (...args: string[]) => {
  const child = Bun.spawn([...ZD, ...args], {
    env: { ...(process.env as Record<string, string>), ...folders },
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
};

test('the unit lies where the manager looks, and the daemon uses the folders of the shell', async () => {
  mkdirSync(join(folders.XDG_CONFIG_HOME, 'zd'), { recursive: true });
  writeFileSync(join(folders.XDG_CONFIG_HOME, 'zd/config.toml'), '[http]\nlisten = "off"\n');
  expect(await zd('service', 'install')).toMatchObject({ code: 0 });
  const state = JSON.parse((await zd('service', 'status', '--json')).stdout);
  expect(state).toMatchObject({
    active: true,
    enabled: true,
    unit: 'zd.service',
    unit_path: join(root, 'user/.config/systemd/user/zd.service'),
    log: join(folders.XDG_STATE_HOME, 'zd/zd.log'),
  });
  expect((await zd('cache', 'put', 'ns', 'key', 'value')).code).toBe(0);
  expect([existsSync(join(folders.XDG_DATA_HOME, 'zd/cache.db')), existsSync(state.log)]).toEqual([true, true]);
  expect(await zd('service', 'uninstall')).toMatchObject({ code: 0 });
  expect(await zd('service', 'status')).toMatchObject({ code: 4 });
  expect(existsSync(state.unit_path)).toBe(false);
});
