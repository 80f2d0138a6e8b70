import { beforeAll, describe, expect, test } from 'bun:test';
import { blobFile, blobFiles, bytesOf, sha256, temporaryFiles } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo } from '../helper/stream';

let daemon: TestDaemon;

beforeAll(async () => {
  daemon = await startDaemon({ config: '[artifact]\nmax_inline_bytes = 4096\nmax_ns_bytes = 10000\ngrace_secs = 0\n' });
});

const put = (name: string, value: unknown) => daemon.call('artifact_put', { name, value });
const base64 = (data: string | Uint8Array) => Buffer.from(data).toString('base64');

describe('a put', () => {
  test('keeps text, JSON and bytes as they are, under their digest', async () => {
    for (const [given, content] of [
      [{ value: 'grün' }, Buffer.from('grün')],
      [{ value: { a: [1, null] } }, Buffer.from('{"a":[1,null]}')],
      [{ value: null }, Buffer.from('null')],
      [{ value_base64: base64(bytesOf(300)) }, Buffer.from(bytesOf(300))],
      [{ value: '' }, Buffer.alloc(0)],
    ] as const) {
      const { status, body } = await daemon.call('artifact_put', { name: 'kinds', ...given });
      expect([status, body.digest, body.bytes]).toEqual([200, sha256(content), content.length]);
      const got = await daemon.call('artifact_get', { name: 'kinds' });
      expect(got.body).toEqual({ ok: true, name: 'kinds', digest: sha256(content), bytes: content.length, value_base64: base64(content) });
    }
  });

  test('says whether the name is new, and keeps created_at when it is not', async () => {
    expect((await put('again', 'one')).body.created).toBe(true);
    const first = (await daemon.call('artifact_stat', { name: 'again' })).body.entry;
    expect((await put('again', 'two')).body.created).toBe(false);
    const second = (await daemon.call('artifact_stat', { name: 'again' })).body.entry;
    expect([second.created_at, second.digest]).toEqual([first.created_at, sha256('two')]);
  });

  test('refuses what is not exactly one content', async () => {
    for (const input of [
      { name: 'x' },
      { name: 'x', value: 'a', value_base64: 'YQ==' },
      { name: 'x', value_base64: 'YQ' },
      { name: 'x', value_base64: '_-==' },
      { name: 'x', value: '\ud800' },
      { name: 'x', value: 'a', digest: 'abc' },
      { name: 'x', value: 'a', unknown: 1 },
    ])
      expect((await daemon.call('artifact_put', input)).body.code).toBe('bad_args');
  });

  test('refuses names that could not be addressed', async () => {
    for (const name of ['', '.', '..', 'a/../b', 'a/./b', 'a/..', 'nul\0', 'line\n', 'x'.repeat(1025), 'ü'.repeat(600), 'by-digest/x', '\udc00'])
      expect([name, (await put(name, 'x')).body.code]).toEqual([name, 'bad_args']);
    for (const name of ['/abs/path', 'a//b', '...', 'a b', 'ä/ö', '.hidden', 'a/', '%2e%2e/x', "'; --"]) {
      expect([name, (await put(name, 'x')).status]).toEqual([name, 200]);
      expect((await daemon.call('artifact_get', { name })).body.value_base64).toBe(base64('x'));
    }
  });

  test('over the size that fits JSON is refused with the way that takes it', async () => {
    const { status, body } = await put('big', 'x'.repeat(4097));
    expect([status, body.code, body.limit]).toEqual([413, 'too_large', 4096]);
    expect(body.hint).toContain('PUT /artifact/');
    expect((await daemon.fetch('/artifact/big', { method: 'PUT', body: 'x'.repeat(4097) })).status).toBe(201);
    expect((await daemon.call('artifact_get', { name: 'big' })).body.code).toBe('too_large');
    expect((await daemon.call('artifact_get_by_digest', { digest: sha256('x'.repeat(4097)) })).body.code).toBe('too_large');
  });

  test('with another digest than promised stores nothing', async () => {
    const { status, body } = await daemon.call('artifact_put', { name: 'wrong', value: 'not it', digest: sha256('it').toUpperCase() });
    expect([status, body.code, body.digest, body.expected]).toEqual([400, 'digest_mismatch', sha256('not it'), sha256('it')]);
    expect((await daemon.call('artifact_get', { name: 'wrong' })).body.code).toBe('no_such_file');
    expect(blobFiles(daemon)).not.toContain(sha256('not it'));
    expect(temporaryFiles(daemon)).toEqual([]);
    expect((await daemon.call('artifact_put', { name: 'right', value: 'it', digest: sha256('it').toUpperCase() })).status).toBe(200);
  });
});

describe('contents', () => {
  test('that are equal are one file, also when they come at once', async () => {
    const value = 'the same for all';
    const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => put(`same/${at}`, value)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(blobFiles(daemon).filter((digest) => digest === sha256(value))).toHaveLength(1);
    for (let at = 0; at < 39; at++) await daemon.call('artifact_delete', { name: `same/${at}` });
    expect(Buffer.from((await daemon.call('artifact_get', { name: 'same/39' })).body.value_base64, 'base64').toString()).toBe(value);
  });

  test('leave no file behind when their last name goes elsewhere or is deleted', async () => {
    await put('move', 'old content');
    await put('move', 'new content');
    expect(blobFiles(daemon)).not.toContain(sha256('old content'));
    await daemon.call('artifact_delete', { name: 'move' });
    expect(blobFiles(daemon)).not.toContain(sha256('new content'));
    expect((await daemon.call('artifact_delete', { name: 'move' })).body.code).toBe('no_such_file');
  });

  test('are read by digest in either case', async () => {
    await put('by', 'digest me');
    const digest = sha256('digest me');
    for (const given of [digest, digest.toUpperCase()]) {
      const { body } = await daemon.call('artifact_get_by_digest', { digest: given });
      expect(body).toEqual({ ok: true, name: null, digest, bytes: 9, value_base64: base64('digest me') });
    }
    expect((await daemon.call('artifact_get_by_digest', { digest: sha256('never put') })).status).toBe(404);
    for (const bad of ['', 'abc', `${digest}0`, `g${digest.slice(1)}`])
      expect((await daemon.call('artifact_get_by_digest', { digest: bad })).body.code).toBe('bad_args');
  });

  test('of a namespace stay within its quota, each counted once', async () => {
    const value = (letter: string) => letter.repeat(4000);
    expect((await put('small/a', value('a'))).status).toBe(200);
    expect((await put('small/a2', value('a'))).status).toBe(200);
    expect((await put('small/b', value('b'))).status).toBe(200);
    const { status, body } = await put('small/c', value('c'));
    expect([status, body.code, body.limit]).toEqual([413, 'quota_exceeded', 10_000]);
    expect(blobFiles(daemon)).not.toContain(sha256(value('c')));
    expect((await daemon.fetch('/artifact/small/c', { method: 'PUT', body: value('c') })).status).toBe(413);
    expect((await put('small/b', value('c'))).status).toBe(200);
    expect((await put('elsewhere/c', value('c'))).status).toBe(200);
  });
});

test('a list comes in pages, bytewise, with a prefix that is taken literally', async () => {
  const names = ['l_1/a', 'l_1/b%', 'l_1/b_', 'l_1/B', 'l_1/\u{10000}', 'l_1/\uffee', 'lx1/a'];
  for (const name of names) await put(name, name);
  const sorted = names.slice(0, 6).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const whole = (await daemon.call('artifact_list', { prefix: 'l_1/' })).body;
  expect([whole.entries.map((entry: { name: string }) => entry.name), whole.count, whole.truncated, whole.next_cursor]).toEqual([
    sorted,
    6,
    false,
    null,
  ]);
  const paged: string[] = [];
  for (let cursor: string | undefined; ;) {
    const { body } = await daemon.call('artifact_list', { prefix: 'l_1/', limit: 2, cursor });
    paged.push(...body.entries.map((entry: { name: string }) => entry.name));
    if (!body.truncated) break;
    cursor = body.next_cursor;
  }
  expect(paged).toEqual(sorted);
  expect((await daemon.call('artifact_list', { cursor: '***' })).body.code).toBe('bad_args');
});

test('a get sets last_get_at, a get by digest does not', async () => {
  await put('used', 'use me');
  const entry = async () => (await daemon.call('artifact_list', { prefix: 'used' })).body.entries[0];
  await daemon.call('artifact_get_by_digest', { digest: sha256('use me') });
  expect((await entry()).last_get_at).toBeNull();
  await daemon.call('artifact_get', { name: 'used' });
  expect((await entry()).last_get_at).toBeGreaterThan(0);
});

test('pins are kept over a new put, and of nothing are refused', async () => {
  await put('pin/me', 'one');
  expect((await daemon.call('artifact_pin', { name: 'pin/me' })).body.pinned).toBe(true);
  await put('pin/me', 'two');
  expect((await daemon.call('artifact_stat', { name: 'pin/me' })).body.entry.pinned).toBe(true);
  expect((await daemon.call('artifact_unpin', { name: 'pin/me' })).body.pinned).toBe(false);
  for (const op of ['artifact_pin', 'artifact_unpin', 'artifact_stat'])
    expect((await daemon.call(op, { name: 'pin/none' })).body.code).toBe('no_such_file');
});

test('figures count names, contents and namespaces', async () => {
  await put('figures/a', 'one');
  await put('figures/b', 'one');
  const { body } = await daemon.call('artifact_stat');
  expect(body.namespaces).toContainEqual({ ns: 'figures', names: 2, bytes: 3 });
  expect(body.blobs).toBe(blobFiles(daemon).length);
});

test('events tell what was put and deleted', async () => {
  const stream = await listenTo(daemon, 'channel=*.artifact.*');
  await put('heard', 'news');
  await daemon.call('artifact_delete', { name: 'heard' });
  const heard = await stream.take(2);
  expect(heard.map(({ data }) => [data.topic, data.data.name])).toEqual([
    ['artifact.put', 'heard'],
    ['artifact.deleted', 'heard'],
  ]);
});

test('files are private', async () => {
  await put('private', 'secret');
  const { statSync } = await import('node:fs');
  expect(statSync(blobFile(daemon, sha256('secret'))).mode & 0o777).toBe(0o600);
  expect(statSync(`${daemon.home}/artifacts`).mode & 0o777).toBe(0o700);
});
