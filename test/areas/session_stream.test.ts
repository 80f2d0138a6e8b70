import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls, textOf, type Told } from '../helper/sessions';
import { stored, watchSession, type Heard } from '../helper/session_viewer';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: `${scripted('agent')}[limits]\nqueue_events = 100\n[session]\nmax_bytes = 65536` });
});
const { ok, open, say, begin, told } = sessionCalls(() => daemon);

const watch = (id: string, search?: string, headers?: Record<string, string>) => watchSession(daemon, id, search, headers);

describe('viewers of a session', () => {
  test('see the same from the beginning, whenever they come', async () => {
    const id = await open('agent');
    const early = await Promise.all(Array.from({ length: 20 }, () => watch(id)));
    const turn = say(id, 'slowly:100 tool:bash say:end');
    const late = await Promise.all(Array.from({ length: 30 }, () => watch(id)));
    const seen = await Promise.all([...early, ...late].map(async (viewer) => JSON.stringify(stored(await viewer.upTo('done')))));
    expect(new Set(seen).size).toBe(1);
    const numbers = (JSON.parse(seen[0]!) as Heard[]).map(({ data }) => data.seq);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    const first = (JSON.parse(seen[0]!) as Heard[])[1]!;
    expect(first).toMatchObject({ id: '2', type: 'user', data: { type: 'user', session_id: id, turn_id: `${id}.1`, seq: 2, trigger: 'user' } });
    await turn;
    expect((await ok('session_info', { id })).viewers).toBe(50);
    for (const viewer of [...early, ...late]) viewer.leave();
    await until('all have left', async () => (await ok('session_info', { id })).viewers === 0);
  });

  test('resume exactly, by Last-Event-ID or since, and may begin with the newest', async () => {
    const id = await open('agent');
    for (let turn = 0; turn < 3; turn++) await say(id, `say:${turn}`);
    const all = await told(id);
    const resumed = await watch(id, '', { 'last-event-id': '4' });
    expect(stored(await resumed.upTo('live')).map(({ data }) => data.seq)).toEqual(all.slice(4).map(({ seq }) => seq));
    const since = await watch(id, 'since=5');
    expect((await since.next()).data.seq).toBe(6);
    const tail = await watch(id, 'tail=2');
    expect((await tail.upTo('live')).map(({ type, data }) => [type, data.seq])).toEqual([
      ...all.slice(-2).map(({ type, seq }) => [type, seq]),
      ['live', all.at(-1)!.seq],
    ]);
    for (const viewer of [resumed, since, tail]) viewer.leave();
  });

  test('that read late miss nothing', async () => {
    const id = await open('agent');
    const slow = await watch(id);
    await slow.upTo('live');
    // Far more than its queue holds.
    await say(id, 'tool:x chunks:3000');
    for (let turn = 0; turn < 30; turn++) await say(id, 'tool:x tool:y tool:z tool:a tool:b tool:c tool:d tool:e');
    const last = (await told(id)).at(-1)!.seq;
    const heard: Heard[] = [];
    while (heard.at(-1)?.data.seq !== last) heard.push(await slow.next());
    const numbers = stored(heard).map(({ data }) => data.seq as number);
    const lost = heard.filter(({ type }) => type === 'gap').reduce((sum, { data }) => sum + data.missed, 0);
    expect(numbers.length + lost).toBe(last - 1);
    slow.leave();
  });

  test('are told that the session was removed, and the stream ends', async () => {
    const id = await open('agent');
    const viewer = await watch(id);
    await viewer.upTo('live');
    await ok('session_remove', { id, force: true });
    expect((await viewer.upTo('ended')).at(-1)!.data).toMatchObject({ type: 'ended', reason: 'removed' });
    expect(viewer.next()).rejects.toThrow('the stream ended');
  });

  test('do not hold up the turn, which goes on when they leave', async () => {
    const id = await open('agent');
    const viewer = await watch(id);
    await begin(id, 'slowly:50');
    await viewer.upTo('text');
    viewer.leave();
    await until('it is done', async () => (await told(id)).at(-1)!.type === 'done');
    expect(textOf(await told(id))).toBe(Array.from({ length: 50 }, (_, at) => `${at} `).join(''));
  });
});

describe('a session over its size', () => {
  test('loses its oldest events, and whoever asks for them is told', async () => {
    const id = await open('agent');
    await say(id, 'big:200000');
    const info = await until('it was shortened', async () => {
      const now = await ok('session_info', { id });
      return now.bytes <= 65_536 ? now : undefined;
    });
    expect(info.first_seq).toBeGreaterThan(1);
    const viewer = await watch(id);
    const [gap, ...rest] = await viewer.upTo('live');
    expect(gap).toMatchObject({ type: 'gap', data: { from: 1, to: info.first_seq - 1, missed: info.first_seq - 1 } });
    expect(stored(rest).map(({ data }) => data.seq)).toEqual((await told(id)).map(({ seq }: Told) => seq));
    viewer.leave();
    expect((await say(id, 'say:on')).answer).toBe('on');
  });
});

describe('the event log', () => {
  test('shows everybody that agents work, and what is said only to the session', async () => {
    const id = await open('agent');
    await say(id, 'say:confidential tool:bash');
    await say(id, 'crash');
    const history = await (await daemon.fetch('/api/events/history?limit=500')).json();
    const mine = (history as { events: any[] }).events.filter((event) => String(event.turn_id ?? '').startsWith(id));
    expect(mine.filter(({ turn_id }) => turn_id === `${id}.1`).map(({ type }) => type)).toEqual([
      ...['agent_start', 'llm_request', 'tool_call_start', 'tool_call', 'agent_end'],
    ]);
    expect(mine.every(({ source }) => source === 'observability')).toBe(true);
    expect(mine.find(({ type }) => type === 'tool_call')).toMatchObject({ tool: 'bash', success: true, tool_call_id: 't1' });
    expect(mine.find(({ type }) => type === 'agent_end')).toMatchObject({ input_tokens: 10, output_tokens: 4, tokens_used: 14 });
    expect(JSON.stringify(history)).not.toContain('confidential');
    expect(JSON.stringify(history)).not.toContain('session.turn_started');
    const own = (await (await daemon.fetch(`/api/events/history?limit=500&session=${id}`)).json()) as { events: any[] };
    const facts = own.events.filter(({ session_id }) => session_id === id).map(({ type }) => type);
    expect(facts).toEqual(['session.created', 'session.turn_started', 'session.turn_ended', 'session.turn_started', 'session.turn_ended']);
  });
});
