import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { helpText } from '../../src/cli/help';
import { childrenOf, findGroup, resolve } from '../../src/cli/tree';
import { runZd, tempHome } from '../helper/daemon';
import type { CommandDef } from 'citty';

const golden = join(import.meta.dir, '../golden/help.txt');

async function* all(path: readonly string[], command: CommandDef): AsyncGenerator<string> {
  yield `$ ${[...path, '--help'].join(' ')}\n${await helpText(command, path.join(' '), false)}`;
  for (const [name, child] of Object.entries(await childrenOf(command))) yield* all([...path, name], await resolve(child));
}

test('the help of every command is the one on file (UPDATE_GOLDEN=1 writes it anew)', async () => {
  const text = (await Array.fromAsync(all(['zd'], (await findGroup([]))!))).join('\n');
  if (process.env.UPDATE_GOLDEN === '1') await Bun.write(golden, text);
  expect(text).toBe(await Bun.file(golden).text());
});

test('help goes to stdout and exits 0, whatever else is on the line before --', async () => {
  const home = tempHome();
  const root = await runZd(home, ['--help']);
  expect(root).toMatchObject({ code: 0, stderr: '' });
  expect(root.stdout).toContain('USAGE zd <command>');
  for (const args of [
    ['cache', 'put', '--help'],
    ['cache', 'put', '-h', '--bogus'],
    ['help', 'cache', 'put'],
    ['cache', '--json', 'put', 'a', '-h'],
  ]) {
    const { code, stdout, stderr } = await runZd(home, args);
    expect({ args, code, stderr, usage: stdout.includes('USAGE zd cache put') }).toEqual({ args, code: 0, stderr: '', usage: true });
  }
});

test('--help behind -- is an argument', async () => {
  const { code, stdout } = await runZd(tempHome(), ['cache', 'get', '--', 'ns', '--help']);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
});

test('without a command the help goes to stderr and the exit code is 2', async () => {
  for (const args of [[], ['cache'], ['--json']]) {
    const { code, stdout, stderr } = await runZd(tempHome(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toEndWith('zd: missing command\n');
  }
});
