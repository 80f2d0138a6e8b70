import { expect, test } from 'bun:test';
import { identify, isAlive } from '../../src/kernel/process';
import { until } from '../helper/until';

test('a process is itself, as long as it lives', async () => {
  const child = Bun.spawn(['sleep', '60']);
  const identity = identify(child.pid)!;
  expect(identity.pid).toBe(child.pid);
  expect(isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
  await child.exited;
  await until('it is gone', () => !isAlive(identity));
});

test('another process under the same pid is not it', () => {
  const self = identify(process.pid)!;
  expect(isAlive({ ...self, start: `${self.start}0` })).toBe(false);
});

test('a zombie is not alive', async () => {
  // The shell starts a child, becomes `sleep`, and so never waits for it.
  const parent = Bun.spawn(['/bin/sh', '-c', 'true & echo $!; exec sleep 60'], { stdout: 'pipe' });
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  await until('it is a zombie', () => identify(pid) === null);
  parent.kill('SIGKILL');
  await parent.exited;
});

test('what is no pid is nobody', () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31]) expect(identify(pid)).toBeNull();
});
