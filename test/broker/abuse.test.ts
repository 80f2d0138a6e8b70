import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { plainBody } from '../../src/areas/mesh/wire/open_body';
import { box, startBroker, TestBroker } from '../helper/broker';
import { runZd, tempHome, ZD } from '../helper/daemon';
import { RawClient, type Frame } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker(['--rate', '5', '--burst', '20']);
const mesh = await broker.mesh();
const ann = await broker.member(mesh, 'Ann');

const alive = async () => ((await (await fetch(`${broker.http}/health`)).json()) as { ok: boolean }).ok;

test('frames that are none are refused with a code, counted, and end nothing but their own link', async () => {
  const client = await RawClient.join(broker, ann);
  const cases: [string | Frame, string][] = [
    ['', 'malformed_frame'],
    ['{', 'malformed_frame'],
    ['[]', 'malformed_frame'],
    ['"hello"', 'malformed_frame'],
    [`${'['.repeat(50_000)}`, 'malformed_frame'],
    [{ type: 'send', targetSpec: 7 }, 'invalid_frame'],
    [{ type: 'send', id: 'x', targetSpec: 7 }, 'invalid_frame'],
    [{ type: 'client_ack', clientMessageId: {} }, 'invalid_frame'],
    [{ type: 'nope', _reqId: 'q' }, 'unknown_message_type'],
    [{ type: 'constructor' }, 'unknown_message_type'],
    [{ type: 'schedule', to: 'Bob', message: 'x', deliverAt: 1 }, 'unsupported'],
    [{ type: 'topic_history', topic: 'nowhere' }, 'topic_not_found'],
    [{ type: 'message_status', messageId: '%' }, 'invalid_argument'],
    [{ type: 'message_status', messageId: 'A'.repeat(22) }, 'not_found'],
    [{ type: 'forget', memoryId: 'x' }, 'not_found'],
  ];
  for (const [frame, code] of cases) {
    const before = await broker.refused(code);
    client.send(frame);
    await until(`refused as ${code}`, async () => (await broker.refused(code)) === before + 1);
  }
  client.sendBytes(new Uint8Array([1, 2, 3]));
  await until('bytes are refused', () => client.frames.filter(({ code }) => code === 'malformed_frame').length >= 6);
  expect(client.closed).toBeNull();
  expect((await client.ask({ type: 'list_peers' })).type).toBe('peers_list');
  client.send('x'.repeat(200_000));
  expect((await until('the oversized frame ends the link', () => client.closed)).code).toBeOneOf([1006, 1009]);
  expect(await alive()).toBe(true);
});

test('who sends nothing but faults is cut off', async () => {
  const client = await RawClient.open(broker.url);
  for (let at = 0; at < 150; at++) client.send('{');
  expect(await until('it is closed', () => client.closed)).toMatchObject({ code: 1008, reason: 'too_many_faults' });
  expect(await broker.refused('too_many_faults')).toBe(1);
  expect(await alive()).toBe(true);
});

test('who is often refused, and asks well, stays', async () => {
  const client = await RawClient.join(broker, ann);
  for (let at = 0; at < 60; at++) {
    expect(await client.ask({ type: 'topic_history', topic: 'nowhere' })).toMatchObject({ code: 'topic_not_found' });
    expect(await client.ask({ type: 'vector_search' })).toMatchObject({ code: 'unknown_message_type' });
    client.send('{');
  }
  expect((await client.ask({ type: 'list_peers' })).type).toBe('peers_list');
  // A message that is no message is answered where its sender looks.
  client.send({ type: 'send', id: 'bad', targetSpec: 'a\u0000b', priority: 'next', nonce: '', ciphertext: '' });
  const ack = await client.next((frame) => frame.id === 'bad');
  expect([ack.type, ack.queued, String(ack.error).startsWith('invalid_frame: /targetSpec')]).toEqual(['ack', false, true]);
  await client.close();
});

test('bytes that are no HTTP, and sockets that vanish, are nothing to it', async () => {
  const { port, hostname } = new URL(broker.http);
  for (const bytes of [
    '\0\x01\x02garbage',
    'GET /ws HTTP/1.1\r\n\r\n',
    `GET /ws HTTP/1.1\r\nhost: ${hostname}:${port}\r\nupgrade: websocket\r\n\r\n`,
  ]) {
    const socket = connect(Number(port), hostname);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(bytes);
    await new Promise((resolve) => socket.once('data', resolve).once('close', resolve).once('error', resolve));
    socket.destroy();
  }
  expect(await alive()).toBe(true);
});

test('the rate holds for messages, not for their retries', async () => {
  // So slow that 50 messages are sent, and the one looked at is asked for again, before much of it is free, however busy the machine is.
  const strict = await startBroker(['--rate', '2', '--burst', '20']);
  const team = await strict.mesh();
  const client = await RawClient.join(strict, await strict.member(team, 'Cem'));
  const sealed = plainBody('x');
  const send = (key: string) => client.post('*', sealed, { client_message_id: key });
  const acks = await Promise.all(Array.from({ length: 50 }, (_, at) => send(`rate-${at}`)));
  const refused = acks.filter(({ queued }) => !queued);
  expect(acks.filter(({ queued }) => queued).length).toBeGreaterThanOrEqual(20);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused[0]!.error).toBe('rate_limit: max 120 msg/min (burst 20) — slow down');
  // What was taken is answered again at once, however often it is asked for.
  const again = await Promise.all(Array.from({ length: 100 }, () => send('rate-0')));
  expect(again.every(({ queued, duplicate }) => queued && duplicate)).toBe(true);
  // And what was refused comes through at the time it was told, though it kept trying meanwhile.
  const one = refused[10]!;
  const waits = (await send(one.id)).retry_after_ms as number;
  expect(waits).toBeLessThanOrEqual(11 * 500);
  let tries = 0;
  await until('it is taken', async () => {
    tries++;
    return (await send(one.id)).queued;
  });
  expect(tries).toBeGreaterThan(2);
  await client.close();
});

test('what waits for one recipient is bounded', async () => {
  const small = await startBroker(['--queue', '50']);
  const team = await small.mesh();
  const [from, to] = [await small.member(team, 'From'), await small.member(team, 'To')];
  const client = await RawClient.join(small, from);
  const acks = await Promise.all(
    Array.from({ length: 60 }, (_, at) => client.post(to.keys.publicKey, plainBody('x'), { client_message_id: `q-${at}` })),
  );
  const refused = acks.filter(({ queued }) => !queued);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ error }) => String(error).startsWith('queue_full'))).toBe(true);
  const reader = await RawClient.join(small, to);
  await until('the queue is empty', async () => (await small.metrics()).get('zd_broker_undelivered') === 0);
  expect((await client.post(to.keys.publicKey, plainBody('x'), { client_message_id: refused[0]!.id })).queued).toBe(true);
  await Promise.all([client.close(), reader.close()]);
});

test('a client that reads nothing holds back its own messages and nobody else’s', async () => {
  const quick = await startBroker();
  const team = await quick.mesh();
  const [from, slow, other] = [await quick.member(team, 'From'), await quick.member(team, 'Slow'), await quick.member(team, 'Other')];
  const [client, reader, third] = [await RawClient.join(quick, from), await RawClient.join(quick, slow), await RawClient.join(quick, other)];
  reader.acknowledges = false;
  const large = { nonce: 'bm9uY2U=', ciphertext: 'A'.repeat(40_000) };
  for (let at = 0; at < 20; at++) await Promise.all(Array.from({ length: 20 }, () => client.post(slow.keys.publicKey, large)));
  const ack = await client.post(other.keys.publicKey, box.seal('hi', other.keys.publicKey, from.keys.secretKey));
  await third.next((frame) => frame.messageId === ack.messageId);
  // A window of a mebibyte, and one message over it.
  expect(reader.pushes().length).toBeLessThanOrEqual(28);
  reader.acknowledges = true;
  for (const push of reader.pushes()) reader.acknowledge(push);
  await until('all are there', () => reader.pushes().length === 400);
  await Promise.all([client.close(), reader.close(), third.close()]);
});

test('an address that is taken is said, and exits with 1', async () => {
  const ran = await runZd(tempHome(), ['broker', '--listen', new URL(broker.http).host]);
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('something else listens there; give it another address with --listen');
  expect((await runZd(tempHome(), ['broker', '--listen', 'nowhere'])).code).toBe(2);
  expect((await runZd(tempHome(), ['broker', '--public-url', 'http://x'])).code).toBe(2);
});

test('a second broker of the same home is refused', async () => {
  const second = new TestBroker(broker.home, [], ZD);
  await expect(second.start()).rejects.toThrow('ended with 6');
  expect(await alive()).toBe(true);
});

test('who connects and says nothing takes no room from others: beyond a bound strangers are sent away', async () => {
  const quiet = await startBroker();
  const team = await quiet.mesh();
  const member = await RawClient.join(quiet, await quiet.member(team, 'Member'));
  const strangers = await Promise.all(Array.from({ length: 257 }, () => RawClient.open(quiet.url)));
  const sent = await until('one is sent away', () => strangers.find(({ closed }) => closed));
  expect(sent.closed).toMatchObject({ code: 1008, reason: 'too_many_strangers' });
  expect(await quiet.refused('too_many_strangers')).toBe(1);
  expect((await member.ask({ type: 'list_peers' })).type).toBe('peers_list');
  await Promise.all([member, ...strangers].map((client) => client.close()));
});
