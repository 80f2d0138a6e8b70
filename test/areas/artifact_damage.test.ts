import { beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync, utimesSync, statSync } from 'node:fs';
import { blobFile, bytesOf, sha256, temporaryFiles, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo } from '../helper/stream';

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon();
});

const content = bytesOf(3_000_000, 5);

/** Turns one bit, as a failing disk does. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
}

const quarantine = () => readdirSync(`${daemon.home}/artifacts/quarantine`);

test('a damaged content is never served, counted, told, kept aside and healed by a put', async () => {
  await upload(daemon, 'victim', content);
  expect((await daemon.fetch('/artifact/victim')).status).toBe(200);
  const file = blobFile(daemon, sha256(content));
  const before = (await daemon.call('artifact_stat')).body.corruptions;
  const stream = await listenTo(daemon, 'channel=*.artifact.corrupt');
  damage(file);
  for (const reply of [
    await daemon.fetch('/artifact/victim'),
    await daemon.fetch('/artifact/victim', { headers: { range: 'bytes=0-9' } }),
    await daemon.fetch(`/artifact/by-digest/${sha256(content)}`),
    await daemon.fetch('/artifact/victim'),
  ])
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([404, 'artifact_corrupt']);
  for (const [op, input] of [
    ['artifact_get', { name: 'victim' }],
    ['artifact_get_by_digest', { digest: sha256(content) }],
  ] as const)
    expect((await daemon.call(op, input)).body.code).toBe('artifact_corrupt');
  expect(existsSync(file)).toBe(false);
  expect(quarantine().filter((name) => name.startsWith(sha256(content)))).toHaveLength(1);
  expect((await daemon.call('artifact_stat')).body.corruptions).toBe(before + 1);
  expect((await stream.next()).data.data).toEqual({ digest: sha256(content), names: ['victim'] });
  expect((await daemon.call('artifact_stat', { name: 'victim' })).body.entry.corrupt).toBe(true);
  expect((await daemon.call('artifact_verify')).body).toMatchObject({ clean: false, quarantined: [sha256(content)], corrupt: [] });

  expect((await upload(daemon, 'other', content)).status).toBe(201);
  expect(sha256(new Uint8Array(await (await daemon.fetch('/artifact/victim')).arrayBuffer()))).toBe(sha256(content));
  expect((await daemon.call('artifact_verify')).body.clean).toBe(true);
});

test('damage while the daemon was down is found at the first read', async () => {
  await upload(daemon, 'asleep', 'sleeping content');
  await daemon.stop();
  damage(blobFile(daemon, sha256('sleeping content')));
  await daemon.restart();
  expect((await daemon.call('artifact_get', { name: 'asleep' })).body.code).toBe('artifact_corrupt');
});

test('a file of another length is damaged too, whatever its times say', async () => {
  await upload(daemon, 'short', 'content that loses its end');
  const file = blobFile(daemon, sha256('content that loses its end'));
  const { atime, mtime } = statSync(file);
  truncateSync(file, 5);
  utimesSync(file, atime, mtime);
  expect((await daemon.fetch('/artifact/short')).status).toBe(404);
});

test('a put over a damaged file that nobody has read yet writes it anew', async () => {
  await upload(daemon, 'heal', 'heal me');
  damage(blobFile(daemon, sha256('heal me')));
  expect((await upload(daemon, 'heal', 'heal me')).status).toBe(200);
  expect(await (await daemon.fetch('/artifact/heal')).text()).toBe('heal me');
});

test('a content whose file is gone is a miss, and verify names it', async () => {
  await upload(daemon, 'lost', 'lost content');
  rmSync(blobFile(daemon, sha256('lost content')));
  expect((await daemon.call('artifact_get', { name: 'lost' })).body.code).toBe('no_such_file');
  expect((await daemon.call('artifact_get_by_digest', { digest: sha256('lost content') })).body.code).toBe('no_such_file');
  expect((await daemon.call('artifact_verify')).body.missing).toEqual([sha256('lost content')]);
  await upload(daemon, 'lost', 'lost content');
  expect((await daemon.call('artifact_verify')).body.missing).toEqual([]);
});

test('verify finds what nobody has read', async () => {
  await upload(daemon, 'quiet', 'quiet content');
  damage(blobFile(daemon, sha256('quiet content')));
  expect((await daemon.call('artifact_verify')).body).toMatchObject({ clean: false, corrupt: [sha256('quiet content')] });
});

for (const point of ['blob.before_write', 'blob.before_sync', 'blob.before_rename'])
  test(`a disk that is full at ${point} is told, leaves nothing, and the next put works`, async () => {
    const full = await startDaemon({ source: true, env: { ZD_FAILPOINTS: `${point}=full@2` } });
    expect((await upload(full, 'before', 'before')).status).toBe(201);
    const reply = await upload(full, 'now', 'no room for this');
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([507, 'storage_full']);
    expect((await full.fetch('/artifact/now')).status).toBe(404);
    expect(existsSync(blobFile(full, sha256('no room for this')))).toBe(false);
    expect(temporaryFiles(full)).toEqual([]);
    expect((await full.call('artifact_put', { name: 'now', value: 'no room for this' })).status).toBe(200);
    expect(await (await full.fetch('/artifact/before')).text()).toBe('before');
  });
