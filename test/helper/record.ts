import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanEnv, tempHome, ZD, type Ran, type TestDaemon } from './daemon';

/** A user's home with these files in it. */
export function userHome(files: Readonly<Record<string, string>>): string {
  const folder = tempHome();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Runs `zd record` as a user with that home, for this daemon. */
export async function record(daemon: TestDaemon, user: string, ...args: string[]): Promise<Ran> {
  const child = Bun.spawn([...ZD, 'record', ...args], {
    env: cleanEnv(daemon.home, { HOME: user }),
    cwd: user,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}
