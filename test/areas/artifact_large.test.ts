import { beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { blobFile, bytesOf, sha256, temporaryFiles, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
/** Enough for the thread that hashes, and no multiple of any buffer. */
const large = (seed: number): Uint8Array => {
  const one = bytesOf(100_003, seed);
  const all = new Uint8Array(9_500_007);
  for (let at = 0; at < all.length; at += one.length) all.set(one.subarray(0, all.length - at), at);
  return all;
};
const content = large(1);

beforeAll(async () => {
  daemon = await startDaemon();
});

const hashing = () =>
  [...new Bun.Glob('*/comm').scanSync(`/proc/${daemon.pid}/task`)].some((file) => {
    try {
      return readFileSync(`/proc/${daemon.pid}/task/${file}`, 'utf8') === 'Worker\n';
    } catch {
      // A thread that ended since.
      return false;
    }
  });

test('large contents are hashed beside each other, announced or not, and none for the other', async () => {
  const contents = Array.from({ length: 4 }, (_, at) => large(at + 2));
  const replies = await Promise.all(
    contents.map(async (each, at) => {
      const chunked = new ReadableStream({
        start(controller) {
          for (let from = 0; from < each.length; from += 70_001) controller.enqueue(each.subarray(from, from + 70_001));
          controller.close();
        },
      });
      const reply = await daemon.fetch(`/artifact/beside/${at}`, { method: 'PUT', body: at % 2 === 0 ? each : chunked });
      return ((await reply.json()) as { digest: string }).digest;
    }),
  );
  expect(replies).toEqual(contents.map((each) => sha256(each)));
  for (const [at, each] of contents.entries())
    expect(sha256(new Uint8Array(await (await daemon.fetch(`/artifact/beside/${at}`)).arrayBuffer()))).toBe(sha256(each));
});

test('one that is not what it says, or breaks off, leaves nothing, and the next one is stored', async () => {
  expect((await upload(daemon, 'wrong', content, {}, `?digest=${sha256('else')}`)).status).toBe(400);
  const socket = await Bun.connect({ unix: daemon.socket, socket: { data() {} } });
  socket.write('PUT /artifact/broken HTTP/1.1\r\nHost: zd\r\nContent-Length: 90000000\r\n\r\n');
  for (let at = 0; at < content.length;) {
    at += socket.write(content.subarray(at));
    await Bun.sleep(1);
  }
  await until('it has begun', () => temporaryFiles(daemon).length === 1);
  socket.end();
  await until('nothing is left', () => temporaryFiles(daemon).length === 0);
  expect((await upload(daemon, 'right', content)).status).toBe(201);
});

test('damage in a large content is found when it is read the first time', async () => {
  await upload(daemon, 'damaged', content);
  const turned = content.slice();
  turned[turned.length - 1]! ^= 1;
  for (const bad of [turned, content.subarray(1), Buffer.concat([content, Buffer.from('x')])]) {
    writeFileSync(blobFile(daemon, sha256(content)), bad);
    const reply = await daemon.fetch('/artifact/damaged');
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([404, 'artifact_corrupt']);
    await upload(daemon, 'damaged', content);
  }
  await daemon.restart();
  expect(sha256(new Uint8Array(await (await daemon.fetch('/artifact/damaged')).arrayBuffer()))).toBe(sha256(content));
});

test('the thread goes when nobody needs it', async () => {
  if (process.platform !== 'linux') return;
  await until('a thread hashes', async () => {
    await upload(daemon, 'once', large(9));
    return hashing();
  });
  await until('the thread has ended', () => !hashing());
  expect(((await (await upload(daemon, 'again', large(10))).json()) as { digest: string }).digest).toBe(sha256(large(10)));
});

test('a full disk in the middle is told, leaves nothing, and the next put works', async () => {
  const full = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'blob.before_write=full@5' } });
  const reply = await upload(full, 'now', content);
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([507, 'storage_full']);
  expect(temporaryFiles(full)).toEqual([]);
  expect((await upload(full, 'now', content)).status).toBe(201);
});
