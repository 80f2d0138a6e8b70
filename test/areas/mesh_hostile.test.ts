import { beforeAll, expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { messageText, sign } from '../../src/areas/mesh/wire/signature';
import { box, sodium } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { inboxOf, linkOf, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const me = newIdentity(sodium);
const peer = newIdentity(sodium);
let daemon: TestDaemon;
let broker: FakeBroker;
let pushes = 0;

const entry = (slug: string, brokerUrl: string, over = {}) => ({
  ...{ meshId: `id-${slug}`, memberId: 'm', slug, name: slug, pubkey: me.publicKey, secretKey: me.secretKey, brokerUrl },
  ...{ joinedAt: '2026-01-31T12:00:00Z', ...over },
});

/** A push of a message that `peer` sealed for us, and what a broker may have made of it. */
function push(text: string, over: Record<string, unknown> = {}, to = me.publicKey) {
  const id = `k-${++pushes}`;
  const sealed = box.seal(text, to, peer.secretKey);
  return {
    ...{ type: 'push', messageId: `m-${id}`, meshId: 'id-one', senderPubkey: peer.publicKey, priority: 'next', createdAt: '2026-01-31T12:00:00Z' },
    ...{ client_message_id: id, targetSpec: to, ...sealed, ...over },
  };
}

const refused = async (code: string) => {
  const text: string = (await v1(daemon, 'GET', 'metrics')).body;
  return Number(new RegExp(`zd_mesh_refused_total\\{mesh="one",code="${code}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};
const isAcked = (key: string) => broker.next('client_ack', ({ clientMessageId }) => clientMessageId === key);
const shown = async (key: string) => (await inboxOf(daemon)).find(({ client_message_id }) => client_message_id === key);

beforeAll(async () => {
  broker = new FakeBroker().start();
  daemon = await startDaemon({ config: '[mesh]\nreconnect_ms = 20\nack_ms = 200\n' });
  await daemon.call('mesh_import', { config: { version: 1, meshes: [entry('one', broker.url)] } });
  await until('it is open', async () => (await linkOf(daemon, 'one')) === 'open');
});

test('what is sealed for us is read, acknowledged, and shown once however often it comes', async () => {
  const frame = push('hello');
  broker.say(frame);
  broker.say({ ...frame, type: 'inbound', messageId: 'again' });
  await until(
    'both are acknowledged',
    () => broker.of('client_ack').filter(({ clientMessageId }) => clientMessageId === frame.client_message_id).length === 2,
  );
  expect((await inboxOf(daemon)).filter(({ client_message_id }) => client_message_id === frame.client_message_id).map(({ body }) => body)).toEqual([
    'hello',
  ]);
});

test('the same id of another sender is another message: nobody can pre-empt an id', async () => {
  const frame = push('mine');
  const other = newIdentity(sodium);
  broker.say({ ...frame, ...box.seal('theirs', me.publicKey, other.secretKey), senderPubkey: other.publicKey, messageId: 'other' });
  broker.say(frame);
  await until(
    'both are there',
    async () => (await inboxOf(daemon)).filter(({ client_message_id }) => client_message_id === frame.client_message_id).length === 2,
  );
});

test('nothing that is not authenticated poses as a sealed message', async () => {
  const stranger = newIdentity(sodium);
  const bad = {
    'plain text': { ciphertext: Buffer.from('pay me').toString('base64') },
    'another sender': { senderPubkey: stranger.publicKey },
    'a changed box': { ciphertext: Buffer.from(new Uint8Array(40)).toString('base64') },
    'no base64': { ciphertext: '%%%', nonce: 'x' },
    'no target, as older brokers': { ciphertext: Buffer.from('pay me').toString('base64'), targetSpec: null },
    'a forged signature': { signature: 'ab'.repeat(64) },
  };
  for (const [what, over] of Object.entries(bad)) {
    const frame = push('secret', over);
    broker.say(frame);
    await isAcked(frame.client_message_id as string);
    expect([what, await shown(frame.client_message_id as string)]).toEqual([
      what,
      expect.objectContaining({ body: null, undecryptable: true, signed: false }),
    ]);
  }
  // A signature over another priority is none, though the box opens.
  const honest = push('quiet', { priority: 'low' });
  const parts = {
    meshId: 'id-one',
    senderPubkey: peer.publicKey,
    targetSpec: me.publicKey,
    clientMessageId: honest.client_message_id as string,
    meta: '',
  };
  const signature = sign(sodium, messageText({ ...parts, priority: 'low', nonce: honest.nonce, ciphertext: honest.ciphertext }), peer.secretKey);
  broker.say({ ...honest, signature, priority: 'now' });
  await isAcked(honest.client_message_id as string);
  expect(await shown(honest.client_message_id as string)).toMatchObject({ body: null, undecryptable: true });
});

test('frames of another mesh, of nobody, or that are none are refused, counted, and nothing else happens', async () => {
  const before = (await inboxOf(daemon)).length;
  broker.say(push('x', { meshId: 'id-two' }));
  broker.say(push('x', { senderPubkey: 'nobody' }));
  broker.say(push('x', { client_message_id: 'k'.repeat(300) }));
  broker.say(push('x', { senderMemberPubkey: me.publicKey }));
  broker.say(push('x', { meta: { text: '\ud800' } }));
  for (const code of ['wrong_mesh', 'bad_sender', 'bad_message_id', 'self_echo', 'bad_meta'])
    await until(`${code} is counted`, async () => (await refused(code)) === 1);
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"type":"push"}',
    '{"type":7}',
    `${'['.repeat(5000)}`,
    '{"type":"ack","id":7}',
    JSON.stringify({ type: 'push', nonce: 'x'.repeat(200_000) }),
  ])
    broker.say(text);
  broker.say(new Uint8Array([1, 2, 3]));
  broker.say({ type: 'no_such_thing' });
  broker.say({ type: 'error', code: 'DROP TABLE', message: 'x' });
  broker.say('x'.repeat(17 * 1024 * 1024));
  await until(
    'they are counted',
    async () => (await refused('malformed_frame')) >= 6 && (await refused('invalid_frame')) >= 3 && (await refused('frame_too_large')) === 1,
  );
  expect(await refused('unknown_message_type')).toBeGreaterThan(0);
  expect((await inboxOf(daemon)).length).toBe(before);
  expect(await linkOf(daemon, 'one')).toBe('open');
});

test('a broker that lies about acks changes nothing but the message they are for', async () => {
  broker.onSend = () => null;
  await send(daemon, { to: peer.publicKey, message: 'x', client_message_id: 'lie-1' });
  await rowIs(daemon, 'lie-1', 'inflight');
  for (const id of ['never-sent', 'out_1', '', 'lie-2']) broker.say({ type: 'ack', id, messageId: 'm', queued: true });
  broker.say({ type: 'ack', id: 'lie-1', messageId: 7, queued: true });
  expect((await rowOf(daemon, 'lie-1')).status).not.toBe('done');
  // Refused without a reason, it is tried again; accepted then.
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: '', queued: false });
  const row = await until('it was tried again', async () => {
    const each = await rowOf(daemon, 'lie-1');
    return each.last_error === 'refused without a reason' ? each : null;
  });
  expect(row.status).toBe('pending');
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: 'm-1', queued: true });
  await rowIs(daemon, 'lie-1', 'done');
  broker.say({ type: 'ack', id: 'lie-1', messageId: 'm-2', queued: false, error: 'forbidden' });
  broker.say({ type: 'ack', id: 'lie-1', messageId: 'm-3', queued: true });
  await until('stray acks are counted', async () =>
    /zd_mesh_stray_acks_total\{mesh="one"\} ([6-9]|\d\d)/.test((await v1(daemon, 'GET', 'metrics')).body),
  );
  expect(await rowOf(daemon, 'lie-1')).toMatchObject({ status: 'done', broker_message_id: 'm-1' });
});

test('refusals of brokers are told apart: never, later, when they come, not so fast', async () => {
  const answers: Record<string, string> = {
    'r-large': 'payload too large: 70000 bytes > MAX_MESSAGE_BYTES=65536',
    'r-fast': 'rate_limit: max 6000 msg/min (burst 10) — slow down',
    'r-away': 'no connected peer for target (not online, or targetSpec is your own key without another session)',
  };
  const tries: Record<string, number> = {};
  broker.onSend = ({ id }) => {
    tries[id] = (tries[id] ?? 0) + 1;
    const error = answers[id];
    return error !== undefined && tries[id] === 1
      ? { type: 'ack', id, messageId: '', queued: false, error }
      : { type: 'ack', id, messageId: `m-${id}`, queued: true };
  };
  const fresh = () => newIdentity(sodium).publicKey;
  const away = fresh();
  await send(daemon, { to: fresh(), message: 'x', client_message_id: 'r-large' });
  expect((await rowIs(daemon, 'r-large', 'dead')).last_error).toBe(answers['r-large']);
  await send(daemon, { to: fresh(), message: 'x', client_message_id: 'r-fast' });
  expect((await rowIs(daemon, 'r-fast', 'done')).attempts).toBe(1);
  await send(daemon, { to: away, message: 'x', client_message_id: 'r-away' });
  await until('it rests', async () => (await rowOf(daemon, 'r-away')).last_error === answers['r-away']);
  await send(daemon, { to: away, message: 'behind it', client_message_id: 'r-behind' });
  // What waits for the same recipient does not overtake it, and both go when the recipient comes.
  await send(daemon, { to: fresh(), message: 'x', client_message_id: 'r-other' });
  await rowIs(daemon, 'r-other', 'done');
  expect((await rowOf(daemon, 'r-behind')).attempts).toBe(0);
  broker.say({
    type: 'push',
    messageId: 's',
    senderPubkey: 'system',
    priority: 'low',
    nonce: '',
    ciphertext: '',
    subtype: 'system',
    event: 'peer_joined',
    eventData: { name: 'away', pubkey: away },
  });
  await rowIs(daemon, 'r-away', 'done');
});

test('what ends a link for good is told, and only asking brings it back', async () => {
  broker.close(4001, 'kicked');
  await until('it has ended', async () => (await linkOf(daemon, 'one')) === 'closed');
  const before = broker.hellos;
  const status = async () => (await daemon.call('mesh_status')).body.meshes[0];
  expect((await status()).reason).toBe('kicked by an admin of the mesh (4001)');
  expect((await send(daemon, { to: peer.publicKey, message: 'kept', client_message_id: 'kept' })).status).toBe(202);
  expect(broker.hellos).toBe(before);
  broker.onHello = () => ({ type: 'error', code: 'unauthorized', message: 'who are you' });
  await daemon.call('mesh_reconnect', { mesh: 'one' });
  await until('it is refused', async () => /does not know the key/.test((await status()).reason ?? ''));
  expect((await status()).state).toBe('closed');
  broker.onHello = () => ({ type: 'error', code: 'timestamp_skew', message: 'clock' });
  await daemon.call('mesh_reconnect', { mesh: 'one' });
  await until('the clock is named', async () => /clock of this machine/.test((await status()).reason ?? ''));
  expect((await status()).state).toBe('reconnecting');
  broker.onHello = () => ({ type: 'hello_ack', presenceId: 'p', memberDisplayName: 'x', memberProfile: {} });
  await daemon.call('mesh_reconnect', { mesh: 'one' });
  await rowIs(daemon, 'kept', 'done');
});

test('a broker whose memory for ids is too short is not used', async () => {
  const { hellos } = broker;
  broker.onHello = () => {
    setTimeout(() => {
      broker.say({
        type: 'feature_negotiation_response',
        supported: { client_message_id_dedupe: { params: { mode: 'retention_scoped', dedupe_retention_days: 1 } } },
        missing_required: [],
      });
    }, 5);
    return { type: 'hello_ack', presenceId: 'p', memberDisplayName: 'x', memberProfile: {} };
  };
  broker.close(1012);
  await until('it came back and left', async () => broker.hellos > hellos && (await linkOf(daemon, 'one')) === 'closed');
  expect((await daemon.call('mesh_status')).body.meshes[0].reason).toContain('4010');
});
