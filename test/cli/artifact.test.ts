import { beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobFile, bytesOf, sha256 } from '../helper/artifacts';
import { startDaemon, tempHome, ZD, cleanEnv, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
const folder = tempHome();
const content = bytesOf(3_000_000, 11);

beforeAll(async () => {
  daemon = await startDaemon();
  writeFileSync(join(folder, 'file'), content);
});

/** `zd ARGS` with bytes in and out. */
async function zd(args: readonly string[], stdin?: Uint8Array<ArrayBuffer>) {
  const child = Bun.spawn([...ZD, 'artifact', ...args], {
    cwd: folder,
    env: cleanEnv(daemon.home),
    stdin: stdin ? new Blob([stdin]) : 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
  return { code, stdout, text: Buffer.from(stdout).toString(), stderr };
}

test('a file goes in and comes out as it was, to stdout and to a file', async () => {
  expect(await zd(['put', 'ns/a b', 'file'])).toMatchObject({ code: 0, text: `${sha256(content)}\n` });
  expect(sha256((await zd(['get', 'ns/a b'])).stdout)).toBe(sha256(content));
  expect(await zd(['get', 'ns/a b', '-o', 'copy'])).toMatchObject({ code: 0, text: '' });
  expect(sha256(readFileSync(join(folder, 'copy')))).toBe(sha256(content));
  expect(readdirSync(folder).toSorted()).toEqual(['copy', 'file']);
});

test('stdin goes in, with type and digest', async () => {
  const bytes = bytesOf(500_000, 12);
  const { code, text } = await zd(['put', 'piped', '-', '--type', 'text/plain', '--digest', sha256(bytes), '--json'], bytes);
  expect([code, JSON.parse(text)]).toEqual([0, { ok: true, name: 'piped', digest: sha256(bytes), bytes: 500_000, created: true }]);
  expect((await daemon.fetch('/artifact/piped')).headers.get('content-type')).toBe('text/plain');
  expect(await zd(['put', 'piped', 'file', '--digest', sha256(bytes)])).toMatchObject({ code: 1 });
  expect(sha256((await zd(['get', 'piped'])).stdout)).toBe(sha256(bytes));
});

test('what is not there leaves no file, and names that are none are refused', async () => {
  const missing = await zd(['get', 'nothing', '-o', 'out']);
  expect([missing.code, existsSync(join(folder, 'out'))]).toEqual([4, false]);
  expect(missing.stderr).toContain('"nothing"');
  for (const name of ['..', '.', '../x', 'a/../b', 'a\nb']) expect([name, (await zd(['put', name, 'file'])).code]).toEqual([name, 2]);
  expect((await zd(['put', 'x', 'no-such-file'])).code).toBe(1);
  expect((await zd(['put', 'x', '.'])).code).toBe(1);
  expect((await zd(['get', 'piped', '-o', 'no/such/folder'])).code).toBe(1);
});

test('a reader that goes away ends it quietly', async () => {
  await zd(['put', 'long', 'file']);
  const child = Bun.spawn(['sh', '-c', '"$@" | head -c 10 | wc -c', 'sh', ...ZD, 'artifact', 'get', 'long'], {
    env: cleanEnv(daemon.home),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  expect([(await child.stdout.text()).trim(), await child.stderr.text(), await child.exited]).toEqual(['10', '', 0]);
});

test('list, stat, pin, gc and delete are verbs', async () => {
  expect((await zd(['list', 'ns/'])).text).toStartWith(`ns/a b\t3000000\t${sha256(content)}\t`);
  expect((await zd(['pin', 'ns/a b'])).code).toBe(0);
  expect((await zd(['gc', '--max-bytes', '0', '--prefix', 'ns/'])).text).toBe('');
  expect((await zd(['unpin', 'ns/a b'])).code).toBe(0);
  expect((await zd(['delete', 'ns/a b'])).code).toBe(0);
  expect((await zd(['delete', 'ns/a b'])).code).toBe(4);
  expect((await zd(['stat', '--json'])).text).toContain('"names":');
});

test('verify ends with 1 when something is damaged', async () => {
  expect((await zd(['verify'])).code).toBe(0);
  writeFileSync(join(folder, 'small'), 'small');
  await zd(['put', 'small', 'small']);
  writeFileSync(blobFile(daemon, sha256('small')), 'smell');
  expect(await zd(['verify', '--json'])).toMatchObject({ code: 1 });
  expect((await zd(['get', 'small'])).code).toBe(4);
});
