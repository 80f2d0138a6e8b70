import { expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { AtomicFile } from '../../src/cli/atomic_file';
import { runZd, startDaemon } from '../helper/daemon';

const folder = mkdtempSync('/tmp/zd-copy-');
const daemon = await startDaemon();
const LARGE = Buffer.alloc((1 << 20) + 7, 'large ');

const inodeOf = (path: string): string => String(statSync(path, { bigint: true }).ino);
const put = (name: string, bytes: Buffer) => daemon.fetch(`/artifact/${name}`, { method: 'PUT', body: bytes });
const fieldOf = async (name: string, init: RequestInit = {}): Promise<string | null> =>
  (await daemon.fetch(`/artifact/${name}`, init)).headers.get('zd-file');

test('where a large content lies is told on the unix socket, and nobody else', async () => {
  await put('large', LARGE);
  await put('small', LARGE.subarray(0, 1000));
  const [inode, path] = (await fieldOf('large'))!.split(' ');
  const file = decodeURIComponent(path!);
  expect(inodeOf(file)).toBe(inode!);
  expect(readFileSync(file).equals(LARGE)).toBe(true);
  expect(await fieldOf('small')).toBeNull();
  expect(await fieldOf('large', { headers: { range: 'bytes=0-2000000' } })).toBeNull();
  const remote = await daemon.tcp('/artifact/large', { headers: { authorization: `Bearer ${daemon.token}` } });
  expect([remote.status, remote.headers.get('zd-file'), (await remote.bytes()).length]).toEqual([200, null, LARGE.length]);
});

test('what `zd artifact get` writes is the content, with the mode the umask gives', async () => {
  await put('large', LARGE);
  const output = `${folder}/got`;
  expect((await runZd(daemon.home, ['artifact', 'get', 'large', '-o', output])).code).toBe(0);
  expect(readFileSync(output).equals(LARGE)).toBe(true);
  expect(statSync(output).mode & 0o777).toBe(0o666 & ~process.umask());
});

/** A download with a file beside its chunks; whether it was dropped, and what was written. */
async function taken(file: { path: string; inode: string; bytes: number }): Promise<{ dropped: boolean; text: string }> {
  let dropped = false;
  const chunks = (async function* () {
    yield Buffer.from('by the ');
    yield Buffer.from('connection');
  })();
  const output = new AtomicFile(`${folder}/out`);
  await output.take({ file, chunks, drop: async () => void (dropped = true) });
  output.commit();
  return { dropped, text: readFileSync(`${folder}/out`, 'utf8') };
}

test('a file is copied when it is the one the daemon means, and read from the connection otherwise', async () => {
  const path = `${folder}/content`;
  writeFileSync(path, 'the content');
  const file = { path, inode: inodeOf(path), bytes: 11 };
  expect(await taken(file)).toEqual({ dropped: true, text: 'the content' });
  const others = [
    { ...file, path: `${folder}/gone` },
    { ...file, inode: '1' },
    { ...file, bytes: 12 },
  ];
  for (const other of others) expect(await taken(other)).toEqual({ dropped: false, text: 'by the connection' });
  rmSync(folder, { recursive: true });
});
