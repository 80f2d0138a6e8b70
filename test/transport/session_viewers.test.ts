import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient, type Seen } from '../helper/viewer';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: scripted('agent') });
});
const { open, ok, begin, told, waitFor } = sessionCalls(() => daemon);
const look = (id: string) => ViewerClient.open(daemon, { query: `?session=${id}` });

describe('several viewers', () => {
  test('see the same, also who says something; answers go to who asked', async () => {
    const id = await open('agent');
    const first = await look(id);
    const second = await look(id);
    expect(await first.sees('the second', ({ code }) => code === 'client_joined')).toMatchObject({
      type: 'system',
      message: 'client connected (2 total)',
      clients: 2,
    });
    await first.ask({ type: 'message', content: 'say:hi' });
    await Promise.all([first.ended(`${id}.1`), second.ended(`${id}.1`)]);
    expect(second.transcript.find(({ type }) => type === 'user')).toMatchObject({ content: 'say:hi', trigger: 'user', by: 'http' });
    expect(second.transcript).toEqual(first.transcript);
    const seen = second.frames.length;
    expect(await first.ask({ type: 'status' })).toMatchObject({ type: 'status', connected_clients: 2, streaming: false, session_id: id });
    await first.ask({ type: 'history' });
    await first.ask({ type: 'command', name: 'nonsense', args: '' });
    await first.ask({ type: 'command', name: 'model', args: '' });
    first.close();
    expect(await second.sees('the first leave', ({ code }) => code === 'client_left')).toMatchObject({
      message: 'client disconnected (1 remaining)',
    });
    expect(second.frames.slice(seen).map(({ type, code }) => code ?? type)).toEqual(['client_left']);
    second.close();
  });

  test('fifty of them have identical transcripts', async () => {
    const id = await open('agent');
    const clients = await Promise.all(Array.from({ length: 50 }, () => look(id)));
    await clients[7]!.ask({ type: 'message', content: 'think:so slowly:100 tool:bash chunks:500 say:end' });
    await Promise.all(clients.map((client) => client.ended(`${id}.1`)));
    const [one, ...others] = clients.map(({ transcript }) => JSON.stringify(transcript));
    for (const other of others) expect(other).toBe(one!);
    const events = await told(id);
    expect(clients[0]!.transcript.map(({ seq }) => seq)).toEqual(events.slice(1).map(({ seq }) => seq));
    for (const client of clients) client.close();
  });

  test('one may take the input over; the others only look until it goes', async () => {
    const id = await open('agent');
    const [owner, other, watcher] = [await look(id), await look(id), await look(id)];
    expect(await owner.attach(id, { mode: 'takeover' })).toMatchObject({ mode: 'takeover' });
    const { client_id } = await owner.ask({ type: 'status' });
    expect(await other.sees('the new owner', ({ type }) => type === 'input_owner_changed')).toMatchObject({
      from: null,
      to: client_id,
      reason: 'takeover',
    });
    for (const frame of [{ type: 'message', content: 'say:no' }, { type: 'cancel' }, { type: 'command', name: 'clear', args: '' }])
      expect(await other.ask(frame)).toMatchObject({ type: 'error', code: 'not_owner', input_owner: client_id });
    expect(await other.ask({ type: 'command', name: 'model', args: '' })).toMatchObject({ type: 'system' });
    expect(await owner.ask({ type: 'message', content: 'permission' })).toMatchObject({ type: 'ack' });
    const { approval_id } = await other.sees('the question', ({ type }) => type === 'approval');
    await watcher.attach(id, { mode: 'observe' });
    expect(await watcher.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'error', code: 'not_owner' });
    expect(await other.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'ack', of: 'answer', state: 'answered' });
    await owner.ended(`${id}.1`);
    owner.close();
    const free = await other.sees('nobody owning it', ({ type, to }) => type === 'input_owner_changed' && to === null);
    expect(free).toMatchObject({ from: client_id, reason: 'left' });
    expect(await other.ask({ type: 'message', content: 'say:yes' })).toMatchObject({ type: 'ack' });
    expect(await watcher.ask({ type: 'message', content: 'say:no' })).toMatchObject({ code: 'not_owner' });
    for (const client of [other, watcher]) client.close();
  });
});

describe('the input that one viewer has taken over', () => {
  test("is nobody else's by the operations either, and the owner's by those on its socket", async () => {
    const id = await open('agent');
    const owner = await look(id);
    await owner.attach(id, { mode: 'takeover' });
    const { client_id } = await owner.ask({ type: 'status' });
    for (const [op, more] of [
      ['session_prompt', { text: 'say:no' }],
      ['session_cancel'],
      ['session_set', { model: 'm' }],
      ['session_clear'],
      ['session_compact'],
    ] as const) {
      const { status, body } = await daemon.call(op, { id, ...more });
      expect([op, status, body.code, body.input_owner]).toEqual([op, 409, 'not_owner', client_id]);
    }
    await ok('session_rename', { id, title: "still anybody's" });
    owner.send({ id: 7, op: 'session_prompt', args: { id, text: 'say:yes' } });
    await owner.sees('the reply', (frame) => (frame as { id?: unknown }).id === 7 && (frame as { ok?: unknown }).ok === true);
    await owner.ended(`${id}.1`);
    owner.close();
    await waitFor(id, 'idle');
    await until('it is given back', async () => (await daemon.call('session_cancel', { id })).status === 200);
    await ok('session_prompt', { id, text: 'say:again', wait_secs: 60 });
  });
});

describe('attach', () => {
  test('goes on exactly behind a number', async () => {
    const id = await open('agent');
    const whole = await look(id);
    await whole.attach(id, { since: 0 });
    await whole.ask({ type: 'message', content: 'slowly:60 tool:bash' });
    const partial: Seen[] = [];
    for (let last = 0; !partial.some(({ type }) => type === 'done');) {
      const client = await ViewerClient.open(daemon);
      expect(await client.attach(id, { since: last })).toMatchObject({ since: last, session_id: id });
      await client.sees('something new', ({ seq, type }) => seq > last && type !== 'live');
      client.ws.terminate();
      partial.push(...client.transcript);
      last = partial.at(-1)!.seq;
    }
    await whole.ended(`${id}.1`);
    expect(partial).toEqual(whole.transcript.slice(0, partial.length));
    expect(partial.length).toBe(whole.transcript.length);
    whole.close();
  });

  test('tells what waits for an answer, which any client gives once', async () => {
    const id = await open('agent');
    await begin(id, 'permission');
    await waitFor(id, 'waiting');
    const [first, second] = [await ViewerClient.open(daemon), await look(id)];
    const { pending, streaming, turn_id } = await first.attach(id, { tail: 5 });
    expect({ streaming, turn_id }).toEqual({ streaming: true, turn_id: `${id}.1` });
    expect(pending).toMatchObject([{ tool_name: 'rm -r build', state: 'pending', options: [{ option_id: 'yes' }, { option_id: 'no' }] }]);
    const { approval_id } = pending[0];
    expect(await first.ask({ type: 'answer', approval_id, option_id: 'maybe' })).toMatchObject({ type: 'error', code: 'bad_args' });
    expect(await first.ask({ type: 'answer', approval_id: 'x.a1', decision: 'allow' })).toMatchObject({ type: 'error', code: 'no_such_approval' });
    expect(await first.ask({ type: 'answer', approval_id, option_id: 'no' })).toMatchObject({ type: 'ack', of: 'answer', option_id: 'no' });
    expect(await second.sees('the answer', ({ type }) => type === 'approval_resolved')).toMatchObject({
      approval_id,
      outcome: 'answered',
      option_id: 'no',
    });
    expect(await second.ask({ type: 'answer', approval_id, decision: 'allow' })).toMatchObject({ type: 'error', code: 'conflict' });
    await second.ended(`${id}.1`);
    for (const client of [first, second]) client.close();
  });

  test('moves a connection from one session to another; one of its own is refused without harm', async () => {
    const [one, two] = [await open('agent'), await open('agent')];
    const client = await look(one);
    await client.attach(two);
    const from = client.frames.length;
    await ok('session_prompt', { id: one, text: 'say:one', wait_secs: 60 });
    await ok('session_prompt', { id: two, text: 'say:two', wait_secs: 60 });
    await client.ended(`${two}.1`);
    expect(client.frames.slice(from).every(({ session_id }) => session_id === two)).toBe(true);
    expect(await client.ask({ type: 'attach', session: 'no such session' })).toMatchObject({ type: 'error', code: 'no_such_session' });
    expect(await client.ask({ type: 'attach', since: 1, tail: 1 })).toMatchObject({ type: 'error', code: 'invalid_frame' });
    expect(await client.ask({ type: 'status' })).toMatchObject({ session_id: two });
    client.close();
  });

  test('a session that is removed says so and lets go', async () => {
    const id = await open('agent');
    const client = await look(id);
    await ok('session_remove', { id, force: true });
    expect(await client.sees('the end', ({ type }) => type === 'ended')).toMatchObject({ reason: 'removed', session_id: id });
    client.close();
  });
});
