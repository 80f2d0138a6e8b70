import { beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { blobFile, bytesOf, sha256, temporaryFiles, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
/** Compressible, and larger than every buffer on its way. */
const content = Buffer.concat(Array.from({ length: 60 }, (_, at) => Buffer.concat([bytesOf(1000, at + 1), Buffer.alloc(99_000, at)])));
const digest = sha256(content);
const compressed = (): string => `${blobFile(daemon, digest)}.zst`;

beforeAll(async () => {
  daemon = await startDaemon({ config: '[artifact]\ncompress = true\ngrace_secs = 0\n' });
  expect((await upload(daemon, 'text', content)).status).toBe(201);
});

const get = (headers: Record<string, string> = {}, method = 'GET') =>
  daemon.fetch('/artifact/text', { headers: { 'accept-encoding': 'gzip', ...headers }, method });
/** Bun decompresses what it gets, unless told. */
const asSent = (headers: Record<string, string>): RequestInit => ({ headers, decompress: false }) as RequestInit;
const bytes = async (reply: Response) => Buffer.from(await reply.arrayBuffer());

test('it takes less on the disk, and any zstd reads it', async () => {
  expect(existsSync(blobFile(daemon, digest))).toBe(false);
  expect(statSync(compressed()).size).toBeLessThan(content.length / 10);
  expect(sha256(Bun.zstdDecompressSync(readFileSync(compressed())))).toBe(digest);
  const { body } = await daemon.call('artifact_stat');
  expect([body.bytes, body.stored_bytes]).toEqual([content.length, statSync(compressed()).size]);
});

test('it comes back whole, in parts and by digest', async () => {
  const whole = await get();
  expect([whole.status, whole.headers.get('etag'), sha256(await bytes(whole))]).toEqual([200, `"${digest}"`, digest]);
  for (const [range, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=131000-131100', 131_000, 131_100],
    ['bytes=-7', content.length - 7, content.length - 1],
    ['bytes=5-', 5, content.length - 1],
  ] as const) {
    const reply = await get({ range });
    expect([reply.status, reply.headers.get('content-range')]).toEqual([206, `bytes ${first}-${last}/${content.length}`]);
    if (last - first < 1_000_000) expect(reply.headers.get('content-length')).toBe(String(last - first + 1));
    expect(sha256(await bytes(reply))).toBe(sha256(content.subarray(first, last + 1)));
  }
  expect((await get({ range: `bytes=${content.length}-` })).status).toBe(416);
  expect((await get({ 'if-none-match': `"${digest}"` })).status).toBe(304);
  const head = await get({}, 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(content.length), '']);
  expect(sha256(await bytes(await daemon.fetch(`/artifact/by-digest/${digest}`)))).toBe(digest);
});

test('it goes out as it lies there to who accepts that, under a tag of its own', async () => {
  const zstd = { 'accept-encoding': 'gzip, zstd;q=0.5' };
  const reply = await daemon.fetch('/artifact/text', asSent(zstd));
  const { headers } = reply;
  const sent = await bytes(reply);
  expect([
    headers.get('content-encoding'),
    headers.get('vary'),
    headers.get('etag'),
    headers.get('repr-digest'),
    headers.get('content-length'),
  ]).toEqual(['zstd', 'accept-encoding', `"${digest}-zstd"`, null, String(sent.length)]);
  expect([sha256(sent), sha256(Bun.zstdDecompressSync(sent))]).toEqual([sha256(readFileSync(compressed())), digest]);
  const head = await daemon.fetch('/artifact/text', { ...asSent(zstd), method: 'HEAD' });
  expect([head.headers.get('content-length'), head.headers.get('content-encoding')]).toEqual([String(sent.length), 'zstd']);
  for (const tag of [`"${digest}"`, `"${digest}-zstd"`])
    expect([(await get({ ...zstd, 'if-none-match': tag })).status, (await get({ ...zstd, 'if-none-match': tag })).headers.get('etag')]).toEqual([
      304,
      tag,
    ]);
  // A range is one of the plain bytes.
  expect((await bytes(await get({ ...zstd, range: 'bytes=1-2' }))).equals(content.subarray(1, 3))).toBe(true);
  for (const refused of ['gzip', 'zstd;q=0', 'zstd;q=0.0', 'xzstd', '*'])
    expect([refused, (await get({ 'accept-encoding': refused })).headers.get('content-encoding')]).toEqual([refused, null]);
});

test('several ranges of it come as one body', async () => {
  const reply = await get({ range: 'bytes=5-5,200000-200009' });
  const body = await bytes(reply);
  expect([reply.status, reply.headers.get('content-length')]).toEqual([206, String(body.length)]);
  expect(body.indexOf(content.subarray(200_000, 200_010))).toBeGreaterThan(0);
  const large = await bytes(await get({ range: 'bytes=0-2999999,3000000-5000000' }));
  expect(large.indexOf(content.subarray(3_000_000, 5_000_001))).toBeGreaterThan(2_999_999);
});

test('it goes inside JSON as well', async () => {
  const text = 'the same line again\n'.repeat(5000);
  await daemon.call('artifact_put', { name: 'inline', value: text });
  expect(existsSync(`${blobFile(daemon, sha256(text))}.zst`)).toBe(true);
  const { body } = await daemon.call('artifact_get', { name: 'inline' });
  expect([body.bytes, Buffer.from(body.value_base64, 'base64').toString()]).toEqual([100_000, text]);
});

test('a reader that leaves in the middle holds nothing', async () => {
  const open = () => Array.from(new Bun.Glob('*').scanSync({ cwd: `/proc/${daemon.pid}/fd`, onlyFiles: false })).length;
  await bytes(await get());
  const before = open();
  for (let at = 0; at < 5; at++) {
    const reader = (await get()).body!.getReader();
    await reader.read();
    await reader.cancel();
  }
  await until('its files are closed', () => process.platform !== 'linux' || open() <= before + 1);
});

test('an upload that breaks off, or is not what it says, leaves nothing', async () => {
  expect((await upload(daemon, 'wrong', content.subarray(1), {}, `?digest=${digest}`)).status).toBe(400);
  const socket = await Bun.connect({ unix: daemon.socket, socket: { data() {} } });
  socket.write(`PUT /artifact/broken HTTP/1.1\r\nHost: zd\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(5000)}`);
  await until('it has begun', () => temporaryFiles(daemon).length === 1);
  socket.end();
  await until('nothing is left', () => temporaryFiles(daemon).length === 0);
});

test('damage is found in it: a turned bit, a lost end, something else in its place', async () => {
  const good = readFileSync(compressed());
  const turned = Buffer.from(good);
  turned[turned.length >> 1]! ^= 1;
  for (const bad of [
    turned,
    good.subarray(0, good.length - 10),
    Buffer.from('no zstd'),
    Bun.zstdCompressSync(Buffer.concat([content, Buffer.from('x')])),
    Buffer.alloc(0),
  ]) {
    writeFileSync(compressed(), bad);
    const reply = await get();
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([404, 'artifact_corrupt']);
    await upload(daemon, 'text', content);
    expect((await get()).status).toBe(200);
  }
  expect((await daemon.call('artifact_verify')).body).toMatchObject({ clean: true, orphans: [] });
});

test('contents of both kinds live side by side, and one that is good stays as it is', async () => {
  expect((await daemon.call('config_set', { key: 'artifact.compress', value: false })).status).toBe(200);
  await upload(daemon, 'text', content);
  expect([existsSync(compressed()), existsSync(blobFile(daemon, digest))]).toEqual([true, false]);
  writeFileSync(compressed(), 'damaged');
  await upload(daemon, 'text', content);
  expect(existsSync(blobFile(daemon, digest))).toBe(true);
  await until('the damaged one is removed once nobody reads it', async () => {
    await daemon.call('artifact_gc');
    return !existsSync(compressed());
  });
  expect((await get()).headers.get('content-length')).toBe(String(content.length));
  await daemon.restart();
  expect(sha256(await bytes(await get()))).toBe(digest);
  expect((await daemon.call('artifact_verify')).body).toMatchObject({ clean: true, orphans: [] });
});

test('a full disk is told, leaves nothing, and the next put works', async () => {
  const full = await startDaemon({ source: true, config: '[artifact]\ncompress = true\n', env: { ZD_FAILPOINTS: 'blob.before_write=full@1' } });
  const large = Buffer.concat(Array.from({ length: 40 }, () => crypto.getRandomValues(new Uint8Array(65_536))));
  const reply = await upload(full, 'now', large);
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([507, 'storage_full']);
  expect(temporaryFiles(full)).toEqual([]);
  expect((await upload(full, 'now', large)).status).toBe(201);
  expect(sha256(await bytes(await full.fetch('/artifact/now')))).toBe(sha256(large));
});
