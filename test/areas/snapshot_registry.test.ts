import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';

const registry = tempHome();
let daemon: TestDaemon;
let other: TestDaemon;
/** What the server keeps, and what it was asked with. */
const kept = new Map<string, Uint8Array>();
const asked: { path: string; method: string; authorization: string | null }[] = [];
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    const { pathname } = new URL(request.url);
    asked.push({ path: pathname, method: request.method, authorization: request.headers.get('authorization') });
    if (pathname.startsWith('/away/')) return Response.redirect('http://127.0.0.1:1/x');
    if (pathname.startsWith('/full/') && request.method === 'PUT') return new Response('no', { status: 507 });
    if (request.method === 'PUT') {
      kept.set(pathname, await request.bytes());
      return new Response(null, { status: 201 });
    }
    const found = kept.get(pathname);
    return found ? new Response(found as Uint8Array<ArrayBuffer>) : new Response('none', { status: 404 });
  },
});
const url = `http://127.0.0.1:${server.port}`;
afterAll(() => server.stop(true));

beforeAll(async () => {
  daemon = await startDaemon({ config: `[snapshot]\nregistry = "${url}/own"\nregistry_token = "very-secret-token"\n` });
  other = await startDaemon();
  await daemon.call('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'gs', value: 'git status' });
  for (const tag of ['a', 'b']) expect((await daemon.call('snapshot_save', { tag })).status).toBe(200);
});

const ok = async (of: TestDaemon, op: string, input: object = {}) => {
  const { status, body } = await of.call(op, input);
  expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
  return body;
};
const code = async (of: TestDaemon, op: string, input: object) => (await of.call(op, input)).body.code;
const path = (tag: string, ending = '') => join(daemon.home, 'snapshots', `${tag}.jsonl.zst${ending}`);

test('the key is made once, private from its beginning, however many ask', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => ok(daemon, 'snapshot_pubkey')));
  expect(new Set(keys.map(({ public_key }) => public_key)).size).toBe(1);
  const { algorithm, public_key, key_path } = keys[0];
  expect([algorithm, /^[0-9a-f]{64}$/.test(public_key), key_path]).toEqual(['ed25519', true, join(daemon.home, 'snapshot-signing.key')]);
  expect([statSync(key_path).mode & 0o777, readFileSync(key_path, 'utf8').length]).toEqual([0o600, 65]);
  expect(readdirSync(daemon.home).filter((name) => name.startsWith('.unfinished'))).toEqual([]);
});

test('a signature holds for this file under this tag by this key, and for nothing else', async () => {
  const { public_key } = await ok(daemon, 'snapshot_pubkey');
  expect(await code(daemon, 'snapshot_verify', { tag: 'a' })).toBe('snapshot_verify_failed');
  const signature = await ok(daemon, 'snapshot_sign', { tag: 'a' });
  expect(signature).toMatchObject({ tag: 'a', public_key, sig_path: path('a', '.sig'), bytes: statSync(path('a')).size });
  expect(await ok(daemon, 'snapshot_verify', { tag: 'a' })).toMatchObject({ trusted: 'local', sha256: signature.sha256 });
  expect(await ok(daemon, 'snapshot_verify', { tag: 'a', public_key: public_key.toUpperCase() })).toMatchObject({ trusted: 'supplied' });
  const stranger = (await ok(other, 'snapshot_pubkey')).public_key;
  expect(await code(daemon, 'snapshot_verify', { tag: 'a', public_key: stranger })).toBe('snapshot_verify_failed');
  expect(await code(daemon, 'snapshot_verify', { tag: 'a', public_key: 'z'.repeat(64) })).toBe('bad_args');

  const document = JSON.parse(readFileSync(path('a', '.sig'), 'utf8'));
  const file = readFileSync(path('a'));
  const spoiled: [string, object | string][] = [
    ['another tag', { ...document, tag: 'b' }],
    ['another time', { ...document, signed_at: '2020-01-01T00:00:00.000+00:00' }],
    ['another size', { ...document, bytes: document.bytes + 1 }],
    ['another digest', { ...document, sha256: '0'.repeat(64) }],
    ['another key', { ...document, public_key: stranger }],
    ['another signature', { ...document, signature: document.signature.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0')) }],
    ['another algorithm', { ...document, alg: 'none' }],
    ['another version', { ...document, version: 2 }],
    ['a member more', { ...document, extra: 1 }],
    ['no JSON', '{'],
  ];
  for (const [what, change] of spoiled) {
    writeFileSync(path('a', '.sig'), typeof change === 'string' ? change : JSON.stringify(change));
    expect([what, await code(daemon, 'snapshot_verify', { tag: 'a' })]).toEqual([what, 'snapshot_verify_failed']);
    expect([what, await code(daemon, 'snapshot_publish', { tag: 'a', registry })]).toEqual([what, 'snapshot_verify_failed']);
  }
  expect(readdirSync(registry)).toEqual([]);
  // A good snapshot with its good signature, under the name of another one.
  writeFileSync(path('b'), file);
  writeFileSync(path('b', '.sig'), JSON.stringify(document));
  expect(await code(daemon, 'snapshot_verify', { tag: 'b' })).toBe('snapshot_verify_failed');
  expect(await code(daemon, 'snapshot_sign', { tag: 'b' })).toBe('snapshot_read');
  writeFileSync(path('a', '.sig'), JSON.stringify(document));
  writeFileSync(path('a'), file.with(file.length - 3, file.at(-3)! ^ 1));
  expect(await code(daemon, 'snapshot_verify', { tag: 'a' })).toBe('snapshot_verify_failed');
  writeFileSync(path('a'), file);
  expect(await code(daemon, 'snapshot_verify', { tag: 'a' })).toBe(undefined);
  await ok(daemon, 'snapshot_save', { tag: 'b', force: true });
  expect(existsSync(path('b', '.sig'))).toBe(false);
});

describe.each([
  ['a folder', () => registry],
  ['a file: address', () => `file://${registry}/below`],
  ['a server', () => url],
])('%s', (_, where) => {
  test('what is published can be pulled and loaded elsewhere', async () => {
    const { public_key } = await ok(daemon, 'snapshot_pubkey');
    const published = await ok(daemon, 'snapshot_publish', { tag: 'b', registry: where() });
    expect(published.files).toEqual(['snapshot.jsonl.zst', 'snapshot.jsonl.zst.sig', 'manifest.json']);
    expect(await ok(other, 'snapshot_verify', { tag: 'b', public_key, registry: where() })).toMatchObject({ sha256: published.sha256 });
    expect(await code(other, 'snapshot_pull', { tag: 'b', registry: where() })).toBe('snapshot_verify_failed');
    expect(await code(other, 'snapshot_load', { tag: 'b' })).toBe('no_such_file');
    const pulled = await ok(other, 'snapshot_pull', { tag: 'b', registry: where(), public_key });
    expect(pulled).toMatchObject({ trusted: 'supplied', sha256: published.sha256, public_key });
    expect(await code(other, 'snapshot_pull', { tag: 'b', registry: where(), public_key })).toBe('snapshot_exists');
    expect(await ok(other, 'snapshot_pull', { tag: 'b', registry: where(), public_key, force: true })).toMatchObject({ bytes: pulled.bytes });
    await ok(other, 'snapshot_load', { tag: 'b' });
    expect((await ok(other, 'definitions_query', { name: 'gs' })).records.length).toBe(1);
    expect(await ok(other, 'snapshot_verify', { tag: 'b', public_key })).toMatchObject({ trusted: 'supplied' });
    await ok(other, 'snapshot_delete', { tag: 'b' });
    expect(await code(other, 'snapshot_pull', { tag: 'nothing', registry: where(), public_key })).toBe('no_such_file');
  });
});

test('a registry that was tampered with leaves nothing behind', async () => {
  const { public_key } = await ok(daemon, 'snapshot_pubkey');
  await ok(daemon, 'snapshot_publish', { tag: 'b', registry });
  const snapshot = join(registry, 'b', 'snapshot.jsonl.zst');
  const content = readFileSync(snapshot);
  writeFileSync(snapshot, content.with(20, content[20]! ^ 1));
  expect(await code(other, 'snapshot_pull', { tag: 'b', registry, public_key })).toBe('snapshot_verify_failed');
  // Everything of the one under the name of the other: the tag is signed too.
  await ok(daemon, 'snapshot_publish', { tag: 'b', registry });
  mkdirSync(join(registry, 'c'));
  for (const name of readdirSync(join(registry, 'b'))) writeFileSync(join(registry, 'c', name), readFileSync(join(registry, 'b', name)));
  expect(await code(other, 'snapshot_pull', { tag: 'c', registry, public_key })).toBe('snapshot_verify_failed');
  rmSync(join(registry, 'b', 'manifest.json'));
  expect(await code(other, 'snapshot_pull', { tag: 'b', registry, public_key })).toBe('no_such_file');
  expect(readdirSync(join(other.home, 'snapshots'))).toEqual([]);
});

test('the token goes to the configured registry and to no other, and is not shown', async () => {
  asked.length = 0;
  await ok(daemon, 'snapshot_publish', { tag: 'b' });
  await ok(daemon, 'snapshot_publish', { tag: 'b', registry: `${url}/else` });
  const sent = (prefix: string) => [...new Set(asked.filter((each) => each.path.startsWith(prefix)).map(({ authorization }) => authorization))];
  expect([sent('/own/'), sent('/else/')]).toEqual([['Bearer very-secret-token'], [null]]);
  expect(asked.filter(({ path: each }) => each.startsWith('/own/')).at(-1)?.path).toBe('/own/b/manifest.json');
  expect(await ok(daemon, 'snapshot_pull', { tag: 'b', force: true })).toMatchObject({ trusted: 'local' });
  const shown = [JSON.stringify(await ok(daemon, 'config_list')), (await daemon.zd('config', 'show')).stdout, daemon.log()];
  expect(shown.some((text) => text.includes('very-secret'))).toBe(false);
});

test('registries that are none, or do not answer as they should', async () => {
  for (const wrong of ['relative/folder', 'http://example.org/x', 'ftp://h/x', 'https://user:pw@h/x', 'https://h/x?q=1', 'nonsense'])
    expect([wrong, await code(daemon, 'snapshot_publish', { tag: 'b', registry: wrong })]).toEqual([wrong, 'bad_args']);
  expect(await code(other, 'snapshot_publish', { tag: 'b' })).toBe('no_registry');
  expect(await code(other, 'snapshot_pull', { tag: 'b' })).toBe('no_registry');
  expect(await code(daemon, 'snapshot_publish', { tag: 'b', registry: `${url}/full` })).toBe('snapshot_publish');
  expect(await code(daemon, 'snapshot_publish', { tag: 'b', registry: 'http://127.0.0.1:1/x' })).toBe('snapshot_publish');
  expect(await code(daemon, 'snapshot_pull', { tag: 'x', registry: 'http://127.0.0.1:1/x' })).toBe('snapshot_read');
  expect(await code(daemon, 'snapshot_verify', { tag: 'x', registry: `${url}/away` })).toBe('snapshot_read');
  kept.set('/large/x/manifest.json', Buffer.from('{}'));
  kept.set('/large/x/snapshot.jsonl.zst', Buffer.from('x'));
  kept.set('/large/x/snapshot.jsonl.zst.sig', Buffer.alloc(100_000));
  expect(await code(daemon, 'snapshot_verify', { tag: 'x', registry: `${url}/large` })).toBe('too_large');
  expect(await code(daemon, 'snapshot_pull', { tag: 'x', registry: `${url}/large` })).toBe('too_large');
});

test('to name a registry needs more than to use the configured one', async () => {
  const scoped = await startDaemon({ config: `[http.tokens]\nci = { token = "0123456789abcdef", scopes = ["snapshot.write", "snapshot.read"] }\n` });
  await scoped.call('snapshot_save', { tag: 't' });
  const call = async (op: string, input: object) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer 0123456789abcdef' };
    return ((await (await scoped.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) })).json()) as { code: string }).code;
  };
  for (const op of ['snapshot_publish', 'snapshot_pull', 'snapshot_verify']) expect(await call(op, { tag: 't', registry })).toBe('scope_denied');
  expect(await call('snapshot_publish', { tag: 't' })).toBe('no_registry');
});

test('a key that others may read, a link, or something else is not used', async () => {
  const file = join(other.home, 'snapshot-signing.key');
  const good = readFileSync(file);
  await ok(other, 'snapshot_save', { tag: 'k', force: true });
  const refused = async () => {
    for (const [op, input] of [
      ['snapshot_pubkey', {}],
      ['snapshot_sign', { tag: 'k' }],
      ['snapshot_publish', { tag: 'k', registry }],
    ] as const)
      expect(await code(other, op, input)).toBe('snapshot_key');
  };
  chmodSync(file, 0o640);
  await refused();
  rmSync(file);
  writeFileSync(join(other.home, 'elsewhere'), good, { mode: 0o600 });
  symlinkSync(join(other.home, 'elsewhere'), file);
  await refused();
  rmSync(file);
  writeFileSync(file, 'short\n', { mode: 0o600 });
  await refused();
  rmSync(file);
  mkdirSync(file);
  await refused();
  rmSync(file, { recursive: true });
  // Without a key there is nothing to trust, and none is made to compare with.
  await Bun.write(join(other.home, 'snapshots', 'k.jsonl.zst.sig'), Bun.file(path('a', '.sig')));
  expect(await code(other, 'snapshot_verify', { tag: 'k' })).toBe('snapshot_key');
  expect(await code(other, 'snapshot_pull', { tag: 'b', registry: url })).toBe('snapshot_key');
  expect(existsSync(file)).toBe(false);
});

test('a folder that cannot be written to', async () => {
  const folder = join(other.home, 'snapshots');
  await ok(other, 'snapshot_save', { tag: 'w', force: true });
  mkdirSync(join(folder, 'w.jsonl.zst.sig', 'in the way'), { recursive: true });
  expect(await code(other, 'snapshot_sign', { tag: 'w' })).toBe('snapshot_write');
  const { public_key } = await ok(daemon, 'snapshot_pubkey');
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
  expect(await code(other, 'snapshot_pull', { tag: 'b', registry: url, public_key })).toBe('snapshot_write');
});

test('a signature that cannot be written stops a publication', async () => {
  // The passes before are the snapshot itself and the key.
  const failing = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'durable.before_rename=throw@3' } });
  await ok(failing, 'snapshot_save', { tag: 'f' });
  await ok(failing, 'snapshot_pubkey');
  const empty = tempHome();
  expect(await code(failing, 'snapshot_publish', { tag: 'f', registry: empty })).toBe('snapshot_write');
  expect(readdirSync(empty)).toEqual([]);
  await ok(failing, 'snapshot_publish', { tag: 'f', registry: empty });
});
