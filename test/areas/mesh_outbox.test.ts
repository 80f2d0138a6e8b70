import { beforeAll, expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sodium } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { connected, hear, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const me = newIdentity(sodium);
const TO = newIdentity(sodium).publicKey;
let daemon: TestDaemon;
let broker: FakeBroker;

const config = (slug: string, brokerUrl: string) => ({
  version: 1,
  meshes: [
    {
      meshId: `id-${slug}`,
      memberId: 'm',
      slug,
      name: slug,
      pubkey: me.publicKey,
      secretKey: me.secretKey,
      brokerUrl,
      joinedAt: '2026-01-31T12:00:00Z',
    },
  ],
});
const post = (key: string, more: Record<string, unknown> = {}) =>
  send(daemon, { to: TO, message: `text of ${key}`, client_message_id: key, mesh: 'one', ...more });

beforeAll(async () => {
  broker = new FakeBroker().start();
  daemon = await startDaemon({ config: '[mesh]\nreconnect_ms = 20\n' });
  await daemon.call('mesh_import', { config: config('one', broker.url) });
  await daemon.call('mesh_import', { config: config('gone', 'ws://127.0.0.1:9/ws') });
  await connected(daemon, 'one');
});

test('a message that is requeued goes to the same recipient, sealed, under its new key', async () => {
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: '', queued: false, error: 'forbidden' });
  await post('q-1', { meta: { n: 1 }, reply_to_id: 'r', priority: 'low' });
  const { id } = await rowIs(daemon, 'q-1', 'dead');
  broker.onSend = ({ id: key }) => ({ type: 'ack', id: key, messageId: `m-${key}`, queued: true });
  const { status, body } = await v1(daemon, 'POST', 'outbox/requeue', { id, new_client_message_id: 'q-2' });
  expect([status, body]).toEqual([200, { aborted_row_id: id, new_row_id: expect.any(String), new_client_message_id: 'q-2' }]);
  const frame = await broker.next('send', (each) => each.id === 'q-2');
  const first = broker.of('send').find((each) => each.id === 'q-1')!;
  expect(frame).toMatchObject({ targetSpec: TO, priority: 'low', replyToId: 'r', request_fingerprint: first.request_fingerprint });
  expect(frame.nonce).not.toBe(first.nonce);
  expect(Buffer.from(frame.ciphertext, 'base64').toString('latin1')).not.toContain('text of');
  await rowIs(daemon, 'q-2', 'done');
  expect(await rowOf(daemon, 'q-1')).toMatchObject({ status: 'aborted', aborted_by: 'operator', superseded_by: body.new_row_id });
  const again = await v1(daemon, 'POST', 'outbox/requeue', { id });
  expect([again.status, again.body.error]).toEqual([409, 'row not found, already aborted, or already done']);
});

test('a new key that was used before changes nothing', async () => {
  await post('q-3', { mesh: 'gone' });
  const { id } = await rowOf(daemon, 'q-3');
  const taken = await v1(daemon, 'POST', 'outbox/requeue', { id, new_client_message_id: 'q-2' });
  expect([taken.status, taken.body.error, taken.body.conflict]).toEqual([409, 'idempotency_key_reused', 'outbox_mesh_mismatch']);
  expect((await daemon.call('mesh_outbox_requeue', { message: 'q-3', new_client_message_id: 'q-1' })).body.code).toBe('idempotency_key_reused');
  expect((await rowOf(daemon, 'q-3')).status).toBe('pending');
  expect((await daemon.call('mesh_outbox_requeue', { message: 'q-1' })).body.code).toBe('conflict');
  expect((await daemon.call('mesh_outbox_requeue', { message: 'nothing' })).body.code).toBe('no_such_message');
  for (const [body, error] of [
    [{}, "missing 'id'"],
    [{ id: 7 }, "missing 'id'"],
    [{ id, new_client_message_id: 7 }, "'new_client_message_id' must be a string"],
  ] as const)
    expect((await v1(daemon, 'POST', 'outbox/requeue', body)).body.error).toBe(error);
  expect((await v1(daemon, 'POST', 'outbox/requeue', { id: 'out_999999' })).status).toBe(409);
  expect((await v1(daemon, 'POST', 'outbox/requeue', '{')).status).toBe(400);
  expect((await v1(daemon, 'POST', 'outbox/requeue', { id: 'x'.repeat(5000) })).status).toBe(413);
});

test('a waiting message is aborted once, and its end heard', async () => {
  const heard = await hear(daemon, '?kinds=outbox');
  await post('a-1', { mesh: 'gone' });
  expect((await heard.next()).data).toMatchObject({ mesh: 'gone', client_message_id: 'a-1', status: 'pending' });
  const waiting = daemon.call('mesh_outbox_wait', { message: 'a-1', timeout_ms: 20_000 });
  expect((await daemon.call('mesh_outbox_abort', { message: 'a-1' })).body).toMatchObject({ client_message_id: 'a-1', was_inflight: false });
  expect((await heard.next()).data).toMatchObject({ client_message_id: 'a-1', status: 'aborted', aborted_by: 'operator' });
  expect((await waiting).body).toMatchObject({ status: 'aborted', timed_out: false, delivery: 'aborted' });
  expect((await daemon.call('mesh_outbox_abort', { message: 'a-1' })).body.code).toBe('conflict');
  expect((await daemon.call('mesh_outbox_abort', { message: 'a-2' })).body.code).toBe('no_such_message');
  const { id } = await rowOf(daemon, 'a-1');
  expect((await v1(daemon, 'POST', 'outbox/abort', { id })).status).toBe(409);
  expect((await v1(daemon, 'POST', 'outbox/abort', { id: 'x' })).status).toBe(404);
  expect((await v1(daemon, 'POST', 'outbox/abort', '[')).status).toBe(400);
  expect((await v1(daemon, 'POST', 'outbox/abort', { id: 'x'.repeat(5000) })).status).toBe(413);
  heard.close();
});

test('lists are filtered, paged, and refuse what they do not know', async () => {
  const page = await v1(daemon, 'GET', 'outbox?limit=2');
  expect(page.body.items.length).toBe(2);
  const next = await v1(daemon, 'GET', `outbox?limit=500&cursor=${page.body.next_cursor}`);
  expect(next.body.items.map(({ client_message_id }: { client_message_id: string }) => client_message_id)).toEqual(['q-2', 'q-1']);
  expect(page.body.totals).toEqual({ pending: 1, inflight: 0, done: 1, dead: 0, aborted: 2 });
  expect((await v1(daemon, 'GET', 'outbox?mesh=gone&status=pending')).body.items.length).toBe(1);
  expect((await daemon.call('mesh_outbox', { limit: 1, mesh: 'one' })).body).toMatchObject({ messages: [{ to: TO }], totals: { pending: 0 } });
  expect((await daemon.call('mesh_outbox', { mesh: 'nope' })).body.code).toBe('mesh_not_attached');
  for (const [query, status] of [
    ['status=lost', 400],
    ['limit=many', 400],
    ['mesh=nope', 404],
    ['cursor=x', 400],
    ['what=ever', 400],
  ] as const)
    expect([query, (await v1(daemon, 'GET', `outbox?${query}`)).status]).toEqual([query, status]);
  for (const path of ['outbox/none', 'outbox/none/wait']) expect([path, (await v1(daemon, 'GET', path)).status]).toEqual([path, 404]);
  expect((await daemon.call('mesh_outbox_get', { message: 'none' })).body.code).toBe('no_such_message');
  expect((await daemon.call('mesh_outbox_wait', { message: 'none' })).body.code).toBe('no_such_message');
  expect((await daemon.call('mesh_outbox_wait', { message: 'q-3', timeout_ms: 5 })).body).toMatchObject({ timed_out: true, status: 'pending' });
});

test('pruning wipes content and leaves id, fingerprint and outcome', async () => {
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: '', queued: false, error: 'forbidden' });
  await post('p-1');
  const { id } = await rowIs(daemon, 'p-1', 'dead');
  expect((await v1(daemon, 'POST', 'outbox/prune', { before: '2026-01-01T00:00:00Z' })).body).toEqual({ pruned: 0 });
  expect((await v1(daemon, 'POST', 'outbox/prune', { before: '2099-01-01T00:00:00Z', statuses: ['dead'] })).body).toEqual({ pruned: 1 });
  expect((await v1(daemon, 'GET', `outbox/${id}`)).body).toMatchObject({ status: 'dead', last_error: 'forbidden', body_kept: false });
  expect((await post('p-1')).body.conflict).toBe('outbox_dead_fingerprint_match');
  expect((await v1(daemon, 'POST', 'outbox/requeue', { id })).body.error).toBe('the content of the row was wiped');
  expect((await v1(daemon, 'POST', 'outbox/prune', { statuses: ['pending'] })).status).toBe(400);
  expect((await v1(daemon, 'POST', 'outbox/prune', { before: 'soon' })).status).toBe(400);
  expect((await v1(daemon, 'POST', 'outbox/prune', '[')).status).toBe(400);
  expect((await v1(daemon, 'POST', 'outbox/prune', { before: 'x'.repeat(5000) })).status).toBe(413);
});

test('a mesh that is left gives up what waits for it; what it had stays known', async () => {
  expect((await daemon.call('mesh_leave', { mesh: 'gone' })).body).toMatchObject({ mesh: 'gone', given_up: 1 });
  expect(await rowOf(daemon, 'q-3')).toMatchObject({ status: 'dead', last_error: 'the mesh was left' });
  expect((await daemon.call('mesh_leave', { mesh: 'gone' })).body.code).toBe('mesh_not_attached');
  expect((await daemon.call('mesh_reconnect', { mesh: 'gone' })).body.code).toBe('mesh_not_attached');
});

test('what waits too long is given up with the reason; a full outbox takes nothing more', async () => {
  const small = await startDaemon({ config: '[mesh]\noutbox_max_bytes = 1048576\n' });
  await small.call('mesh_import', { config: config('one', 'ws://127.0.0.1:9/ws') });
  const heard = await hear(small, '?kinds=outbox_pressure_high');
  const full = await until('it is full', async () => {
    const reply = await send(small, { to: TO, message: 'x'.repeat(40_000) });
    return reply.status === 202 ? null : reply;
  });
  expect([full.status, full.body]).toEqual([507, expect.objectContaining({ error: 'insufficient_storage', limit: 1_048_576 })]);
  expect((await heard.next()).data).toMatchObject({ limit: 1_048_576 });
  heard.close();
  await small.stop();
  const { Database } = await import('bun:sqlite');
  const db = new Database(`${small.home}/zd.db`);
  db.run('UPDATE mesh_outbox SET enqueued_at = 0, client_message_id = ? WHERE seq = 1', ['old']);
  db.close();
  await small.start();
  const row = await rowIs(small, 'old', 'dead');
  expect(row.last_error).toBe('max_age: not handed over within 168 h');
  expect((await send(small, { to: TO, message: 'x'.repeat(30_000) })).status).toBe(202);
});
