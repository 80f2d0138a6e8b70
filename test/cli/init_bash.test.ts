import { expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, tempHome } from '../helper/daemon';

test('a bash that is too old for the hooks is told so, once and without any of them', async () => {
  const home = tempHome();
  const { stdout } = await runZd(home, ['init', 'bash']);
  // As a bash before the oldest that will do: the version is nothing a test can set.
  const older = stdout.replaceAll(/\$\{BASH_VERSINFO\[0\]\}/g, '4');
  expect(older).not.toBe(stdout);
  const file = join(home, 'hooks');
  writeFileSync(file, older);
  const told = (flags: string, script = `. ${file}; declare -F | grep -c __zd; echo "[$PS0$PROMPT_COMMAND]"`) =>
    Bun.spawnSync(['bash', '--norc', flags, script], { env: { PATH: '/usr/bin:/bin', HOME: home }, stdin: 'ignore' });
  const shell = told('-ic');
  expect(shell.stdout.toString()).toBe('0\n[]\n');
  expect(shell.stderr.toString().match(/zd: its hooks need bash 5/g)).toHaveLength(1);
  expect(told('-c').stderr.toString()).toBe('');
});
