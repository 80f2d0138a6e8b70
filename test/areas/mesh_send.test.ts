import { beforeAll, describe, expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sodium } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { hear, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const NOBODY = newIdentity(sodium).publicKey;
let daemon: TestDaemon;
let broker: FakeBroker;

const entry = (slug: string, brokerUrl: string) => {
  const { publicKey, secretKey } = newIdentity(sodium);
  return { meshId: `id-${slug}`, memberId: 'm', slug, name: slug, pubkey: publicKey, secretKey, brokerUrl, joinedAt: '2026-01-31T12:00:00Z' };
};

beforeAll(async () => {
  broker = new FakeBroker().start();
  daemon = await startDaemon({ config: '[mesh]\nreconnect_ms = 20\n' });
});

test('without a mesh everything is refused with what to do', async () => {
  expect((await send(daemon, { to: NOBODY, message: 'x' })).status).toBe(404);
  expect((await v1(daemon, 'GET', 'health')).body).toMatchObject({ ok: true, brokers: {}, connected: false });
  const cli = await daemon.zd('send', NOBODY, 'x');
  expect([cli.code, cli.stderr]).toEqual([4, expect.stringContaining('zd mesh create')]);
  expect((await daemon.call('mesh_send', { to: NOBODY, message: 'x' })).body.code).toBe('mesh_not_attached');
});

test('meshes are imported, once', async () => {
  const config = { version: 1, displayName: 'ada', groups: ['backend'], meshes: [entry('one', broker.url), entry('two', 'ws://127.0.0.1:9/ws')] };
  expect((await daemon.call('mesh_import', { config })).body).toMatchObject({ imported: ['one', 'two'], already: [], refused: [] });
  expect((await daemon.call('mesh_import', { config })).body).toMatchObject({ imported: [], already: ['one', 'two'] });
  const other = { ...entry('one', broker.url), meshId: 'another' };
  const bad = { ...entry('three', 'http://x'), slug: '../three' };
  const { refused } = (await daemon.call('mesh_import', { config: { meshes: [other, bad, 7] } })).body;
  expect(refused.map(({ slug }: { slug: string }) => slug)).toEqual(['one', '../three', '']);
  expect((await daemon.call('mesh_import', { config: { meshes: 7 } })).body.code).toBe('bad_args');
  const hello = await broker.next('hello');
  expect(hello).toMatchObject({ meshId: 'id-one', displayName: 'ada', peerType: 'ai', channel: 'claudemesh-daemon' });
  await until('one is open', async () => (await v1(daemon, 'GET', 'health')).body.brokers.one === 'open');
});

describe('a request is refused and uses up nothing', () => {
  const key = { client_message_id: 'refused-1' };
  const good = { to: NOBODY, message: 'x', mesh: 'one' };
  const cases: [string, unknown, number, Record<string, unknown>][] = [
    ['null', null, 400, { error: 'expected JSON object' }],
    ['a string', '"x"', 400, { error: 'expected JSON object' }],
    ['a number', 7, 400, { error: 'expected JSON object' }],
    ['an array', [], 400, { error: "missing 'to'" }],
    ['nobody', { message: 'x' }, 400, { error: "missing 'to'" }],
    ['blank to', { ...good, to: '  ' }, 400, { error: "missing 'to'" }],
    ['no message', { ...good, message: '' }, 400, { error: "missing 'message'" }],
    ['a priority', { ...good, priority: 'soon' }, 400, { error: "priority must be 'now' | 'next' | 'low'" }],
    ['meta a list', { ...good, meta: [] }, 400, { error: "'meta' must be an object" }],
    ['meta a scalar', { ...good, meta: 7 }, 400, { error: "'meta' must be an object" }],
    ['half a character', { ...good, message: '\ud800' }, 400, { error: "'message' is not valid Unicode" }],
    ['a zero byte in to', { ...good, to: 'a\0b' }, 400, { error: "'to' has characters that cannot be printed" }],
    ['a zero byte in the reply', { ...good, reply_to_id: '\0' }, 400, { error: "'reply_to_id' has characters that cannot be printed" }],
    ['a long id', { ...good, client_message_id: 'x'.repeat(257) }, 400, { error: "'client_message_id' is longer than 256 characters" }],
    ['an id that is a number', { ...good, client_message_id: 7 }, 400, { error: "'client_message_id' must be a string" }],
    ['no JSON', '{"to":', 400, { error: 'invalid_json' }],
    ['too deep', `${'{"meta":'.repeat(200)}1${'}'.repeat(200)}`, 400, { error: 'invalid_json' }],
    ['too large', { ...good, message: 'x'.repeat(262_144) }, 413, { error: 'payload_too_large', limit: 262_144 }],
    ['too large once sealed', { ...good, message: 'x'.repeat(49_200) }, 413, { error: 'payload_too_large', limit: 65_536 }],
    ['no mesh named', { ...good, mesh: undefined }, 400, { error: 'mesh_required', attached: ['one', 'two'] }],
    ['another mesh', { ...good, mesh: 'three' }, 404, { error: 'mesh_not_attached', mesh: 'three' }],
    ['an unknown name', { ...good, to: 'nobody' }, 404, { error: 'route_failed', detail: 'peer "nobody" not found' }],
    ['an unknown prefix', { ...good, to: 'ab'.repeat(9) }, 404, { error: 'route_failed', detail: `no peer matching prefix "${'ab'.repeat(9)}"` }],
    ['a short topic', { ...good, to: '#nope', mesh: 'two' }, 502, { error: 'route_failed' }],
  ];
  for (const [what, body, status, expected] of cases)
    test(what, async () => {
      const sent = typeof body === 'object' && body !== null && !Array.isArray(body) && !('client_message_id' in body) ? { ...key, ...body } : body;
      const reply = await v1(daemon, 'POST', 'send', sent === null ? 'null' : sent);
      expect([reply.status, reply.body]).toEqual([status, expect.objectContaining(expected)]);
    });

  test('so the key is free, and the body without one too', async () => {
    expect((await v1(daemon, 'POST', 'send')).status).toBe(400);
    expect(await rowOf(daemon, 'refused-1')).toBeUndefined();
    expect((await v1(daemon, 'GET', 'outbox')).body.items).toEqual([]);
    expect((await send(daemon, { ...good, ...key })).status).toBe(202);
  });
});

test('an ambiguous prefix or name is refused; one session answers for a name before the daemon does', async () => {
  const [a, b] = [`${'cd'.repeat(30)}0001`, `${'cd'.repeat(30)}0002`];
  const cy = newIdentity(sodium).publicKey;
  broker.peers = [
    { pubkey: a, displayName: 'ed', peerRole: 'session' },
    { pubkey: cy, displayName: 'Cy', peerRole: 'session' },
    { pubkey: b, displayName: 'cy', peerRole: 'control-plane' },
    { pubkey: NOBODY, displayName: 'Di', peerRole: 'session' },
    { pubkey: b, displayName: 'di', peerRole: 'session' },
  ];
  // Somebody came: the list that was kept is asked for anew.
  const news = {
    type: 'push',
    messageId: 's',
    senderPubkey: 'system',
    priority: 'low',
    nonce: '',
    ciphertext: '',
    subtype: 'system',
    event: 'peer_joined',
  };
  const heard = await hear(daemon, '?kinds=peer_join');
  broker.say({ ...news, eventData: { name: 'Cy', pubkey: cy } });
  expect((await heard.next()).data).toMatchObject({ mesh: 'one', event: 'peer_joined', name: 'Cy', pubkey: cy, groups: [] });
  heard.close();
  const ambiguous = await send(daemon, { to: 'CD'.repeat(10), message: 'x', mesh: 'one' });
  expect([ambiguous.status, ambiguous.body.detail]).toEqual([409, `prefix "${'cd'.repeat(10)}" is ambiguous (2 matches)`]);
  expect((await send(daemon, { to: 'di', message: 'x', mesh: 'one' })).body.detail).toBe('peer "di" is ambiguous (2 matches)');
  const told = async (op: string, input: object) => (await daemon.call(op, { message: 'x', ...input })).body.code;
  expect(await told('mesh_send', { to: 'di', mesh: 'one' })).toBe('ambiguous_target');
  expect(await told('mesh_send', { to: 'nobody', mesh: 'one' })).toBe('no_such_target');
  expect(await told('mesh_send', { to: 'nobody', mesh: 'two' })).toBe('broker_unreachable');
  expect(await told('mesh_topic_post', { topic: 'nope', mesh: 'two' })).toBe('broker_unreachable');
  expect((await v1(daemon, 'POST', 'topic/post', { topic: 'nope', message: 'x', mesh: 'two' })).status).toBe(502);
  await send(daemon, { to: 'CY', message: 'x', mesh: 'one', client_message_id: 'to-cy' });
  expect((await broker.next('send', ({ id }) => id === 'to-cy')).targetSpec).toBe(cy);
  // No point of the curve: nobody can have this key.
  await send(daemon, { to: a, message: 'x', mesh: 'one', client_message_id: 'to-ed' });
  expect((await rowIs(daemon, 'to-ed', 'dead')).last_error).toBe('unsendable: the key of the recipient is not valid');
});

describe('the duplicate table', () => {
  const post = (key: string, message = 'x', more: Record<string, unknown> = {}) =>
    send(daemon, { to: NOBODY, message, mesh: 'one', client_message_id: key, ...more });
  const prefix = expect.stringMatching(/^[0-9a-f]{16}$/);
  const conflict = (name: string, broker_message_id: string | null = null, more = {}) => ({
    status: 409,
    body: { error: 'idempotency_key_reused', conflict: name, daemon_fingerprint_prefix: prefix, broker_message_id, ...more },
  });

  test('pending, and another mesh', async () => {
    const two = (message: string) => send(daemon, { to: NOBODY, message, mesh: 'two', client_message_id: 'd-pending' });
    const queued = { status: 202, body: { client_message_id: 'd-pending', status: 'queued' } };
    expect(await two('x')).toEqual(queued);
    expect(await two('x')).toEqual(queued);
    expect(await two('y')).toEqual(conflict('outbox_pending_fingerprint_mismatch'));
    expect(await post('d-pending')).toEqual(conflict('outbox_mesh_mismatch'));
  });

  test('inflight', async () => {
    broker.onSend = () => null;
    await post('d-inflight');
    await rowIs(daemon, 'd-inflight', 'inflight');
    expect(await post('d-inflight')).toEqual({ status: 202, body: { client_message_id: 'd-inflight', status: 'inflight' } });
    expect(await post('d-inflight', 'y')).toEqual(conflict('outbox_inflight_fingerprint_mismatch'));
    // It is answered late, and over the link it went out by.
    broker.say({ type: 'ack', id: 'd-inflight', messageId: 'late', queued: true });
    await rowIs(daemon, 'd-inflight', 'done');
  });

  test('done', async () => {
    broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: `m-${id}`, queued: true, history_id: 'h1' });
    await post('d-done');
    await rowIs(daemon, 'd-done', 'done');
    const before = broker.of('send').length;
    const done = { client_message_id: 'd-done', broker_message_id: 'm-d-done', history_id: 'h1', duplicate: true };
    expect(await post('d-done')).toEqual({ status: 200, body: done });
    expect(await post('d-done', 'y')).toEqual(conflict('outbox_done_fingerprint_mismatch', 'm-d-done'));
    expect(broker.of('send').length).toBe(before);
    expect((await daemon.call('mesh_send', { to: NOBODY, message: 'x', mesh: 'one', client_message_id: 'd-done' })).body).toMatchObject({
      status: 'done',
      duplicate: true,
    });
    // Its text is gone, what became of it is not.
    expect((await v1(daemon, 'GET', `outbox/${(await rowOf(daemon, 'd-done')).id}`)).body).toMatchObject({ body_kept: false, history_id: 'h1' });
  });

  test('dead', async () => {
    broker.onSend = ({ id }) => ({
      type: 'ack',
      id,
      messageId: '',
      queued: false,
      error: 'blocked by recipient grants (sender lacks dm capability)',
    });
    await post('d-dead');
    await rowIs(daemon, 'd-dead', 'dead');
    const reason = 'blocked by recipient grants (sender lacks dm capability)';
    expect(await post('d-dead')).toEqual(conflict('outbox_dead_fingerprint_match', null, { reason }));
    expect(await post('d-dead', 'y')).toEqual(conflict('outbox_dead_fingerprint_mismatch'));
    expect((await daemon.call('mesh_send', { to: NOBODY, message: 'x', mesh: 'one', client_message_id: 'd-dead' })).body).toMatchObject({
      code: 'idempotency_key_reused',
      reason,
    });
  });

  test('aborted', async () => {
    broker.onSend = () => null;
    await post('d-aborted');
    const { id } = await rowIs(daemon, 'd-aborted', 'inflight');
    const { body } = await v1(daemon, 'POST', 'outbox/abort', { id });
    expect(body).toEqual({ aborted_row_id: id, client_message_id: 'd-aborted', was_inflight: true });
    expect(await post('d-aborted')).toEqual(conflict('outbox_aborted_fingerprint_match'));
    expect(await post('d-aborted', 'y')).toEqual(conflict('outbox_aborted_fingerprint_mismatch'));
    // The answer that comes after all changes nothing.
    broker.say({ type: 'ack', id: 'd-aborted', messageId: 'late', queued: true });
    expect((await rowOf(daemon, 'd-aborted')).status).toBe('aborted');
  });

  test('equal requests are one: defaults, spaces, case of a key, an empty meta, the header', async () => {
    broker.onSend = () => null;
    await post('d-equal');
    const equal = [
      { priority: 'next' },
      { meta: {} },
      { meta: null },
      { reply_to_id: '' },
      { to: ` ${NOBODY.toUpperCase()} ` },
      { client_message_id: ' d-equal ' },
    ];
    for (const more of equal) expect([more, (await post('d-equal', 'x', more)).status]).toEqual([more, 202]);
    expect((await send(daemon, { to: NOBODY, message: 'x', mesh: 'one', client_message_id: 'other' }, { 'idempotency-key': 'd-equal' })).status).toBe(
      202,
    );
    expect(await rowOf(daemon, 'other')).toBeUndefined();
    expect((await post('d-equal', 'x', { priority: 'now' })).status).toBe(409);
  });

  test('forty identical requests at once are one row', async () => {
    const replies = await Promise.all(Array.from({ length: 40 }, () => post('d-forty')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await v1(daemon, 'GET', 'outbox?client_message_id=d-forty')).body.items.length).toBe(1);
  });
});
