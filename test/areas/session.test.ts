import { beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { isRunning, scripted, sessionCalls, textOf } from '../helper/sessions';
import { until } from '../helper/until';

let daemon: TestDaemon;
const home = tempHome();
const work = join(home, 'work');
beforeAll(async () => {
  mkdirSync(work);
  daemon = await startDaemon({
    home,
    config: [
      scripted('agent', [], 'env = { SECRET = "hunter2-hunter2" }'),
      scripted('rooted', [], `roots = ["${work}"]\ncwd = "${work}"\nfs = "write"`),
      '[agents.nowhere]\ndriver = "acp"\ncommand = ["/no/such/program"]',
      '[session]\nmax_queued = 2\ncancel_secs = 1\nprompt_bytes = 1000',
    ].join('\n'),
  });
});
const { ok, refused, open, say, begin, told, waitFor } = sessionCalls(() => daemon);

describe('a turn', () => {
  test('is told in the one vocabulary, numbered without gaps, raw beside it', async () => {
    const id = await open('agent');
    const prompt = 'think:let_me say:Hello tool:bash plan usage novel vendor say:bye';
    const reply = await say(id, prompt);
    expect(reply).toMatchObject({
      disposition: 'started',
      turn_id: `${id}.1`,
      state: 'idle',
      answer: 'Hellobye',
      stop_reason: 'end_turn',
      error: null,
    });
    const events = await told(id, { raw: true });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
    const turn = events.filter(({ turn_id }) => turn_id === `${id}.1`);
    expect(turn.map(({ type }) => type)).toEqual([
      ...['user', 'thinking', 'text', 'tool_use_start', 'tool_use', 'tool_result_delta', 'tool_result'],
      ...['plan', 'usage', 'acp.unknown', 'acp.unknown', 'text', 'usage', 'done'],
    ]);
    expect(turn[0]!.data).toEqual({ content: prompt, trigger: 'user', by: 'http' });
    expect(turn[1]!.data).toEqual({ content: 'let me', message_id: 'm1' });
    expect(turn.find(({ type }) => type === 'tool_use')!.data).toMatchObject({ tool_id: 't1', tool_name: 'bash', input: { command: 'ls' } });
    const result = { tool_id: 't1', tool_name: 'bash', result: 'a.txt\nb.txt\n', failed: false };
    expect(turn.find(({ type }) => type === 'tool_result')!.data).toEqual(result);
    expect(turn.find(({ type }) => type === 'tool_result_delta')!.data).toEqual({ tool_id: 't1', delta: 'a.txt\nb.txt\n' });
    expect(turn.filter(({ type }) => type === 'acp.unknown').map(({ data }) => data.update)).toEqual([
      { sessionUpdate: 'something_new', answer: 42 },
      { method: '_vendor/hello', params: { answer: 43 } },
    ]);
    expect(JSON.parse(turn[2]!.raw![0]!)).toMatchObject({ method: 'session/update', params: { update: { content: { text: 'Hello' } } } });
    expect(await ok('session_info', { id })).toMatchObject({ input_tokens: 10, output_tokens: 4, cost: 0.5, turns: 1, state: 'idle' });
  });

  test('joins what comes in small pieces, and loses none', async () => {
    const id = await open('agent');
    await say(id, 'chunks:2000');
    const pieces = (await told(id, { raw: true })).filter(({ type }) => type === 'text');
    expect(textOf(pieces)).toBe(Array.from({ length: 2000 }, (_, at) => `${at} `).join(''));
    expect(pieces.length).toBeLessThan(1000);
    expect(pieces.reduce((sum, { raw }) => sum + raw!.length, 0)).toBe(2000);
  });

  test('goes on when nobody waits, and a second one is refused meanwhile', async () => {
    const id = await open('agent');
    const { turn_id } = await begin(id, 'hang');
    expect(await ok('session_info', { id })).toMatchObject({ state: 'running', turn_id });
    expect(await refused('session_prompt', { id, text: 'say:no' })).toEqual([409, 'busy']);
    expect(await ok('session_cancel', { id })).toMatchObject({ turn_id, cancelled: true, dequeued: 0 });
    expect(await ok('session_cancel', { id })).toMatchObject({ turn_id: null, cancelled: false });
    expect((await told(id)).at(-1)).toMatchObject({ type: 'done', turn_id, data: { stop_reason: 'cancelled' } });
    expect(await say(id, 'say:again')).toMatchObject({ answer: 'again', turn_id: `${id}.2` });
  });

  test('queued prompts are said one after the other, and forgotten by a cancel', async () => {
    const id = await open('agent');
    const go = join(home, 'go');
    await begin(id, `hold:${go}`);
    expect(await ok('session_prompt', { id, text: 'say:second', queue: true })).toMatchObject({ disposition: 'queued', turn_id: null });
    expect(await ok('session_prompt', { id, text: 'say:third', queue: true })).toMatchObject({ disposition: 'queued' });
    expect(await refused('session_prompt', { id, text: 'say:fourth', queue: true })).toEqual([429, 'too_many']);
    writeFileSync(go, '');
    const ended = await until('three turns', async () => {
      const events = await told(id);
      return events.filter(({ type }) => type === 'done').length === 3 ? events : undefined;
    });
    expect(ended.filter(({ type }) => type === 'user').map(({ data }) => [data.content, data.trigger])).toEqual([
      [`hold:${go}`, 'user'],
      ['say:second', 'queued_auto'],
      ['say:third', 'queued_auto'],
    ]);
    await begin(id, 'hang');
    await ok('session_prompt', { id, text: 'say:never', queue: true });
    expect(await ok('session_cancel', { id })).toMatchObject({ cancelled: true, dequeued: 1 });
    expect((await told(id)).filter(({ type }) => type === 'dequeued').map(({ data }) => data.reason)).toEqual(['sent', 'sent', 'cancelled']);
    expect((await ok('session_info', { id })).queued).toBe(0);
  });

  test('an agent that ignores a cancel is ended, and the session goes on with a new one', async () => {
    const id = await open('agent');
    await begin(id, 'pid deaf');
    await until('it runs', async () => textOf(await told(id)) !== '');
    expect(await ok('session_cancel', { id })).toMatchObject({ cancelled: true });
    expect((await told(id)).at(-1)!.data.stop_reason).toBe('cancelled');
    expect((await say(id, 'say:there')).answer).toBe('there');
  });

  test('every turn has exactly one end', async () => {
    const id = await open('agent');
    for (const text of ['say:a', 'crash', 'die', 'say:b']) await say(id, text);
    await begin(id, 'slowly:1000');
    await Promise.all([1, 2, 3].map(() => ok('session_cancel', { id })));
    const ends = (await told(id)).filter(({ type, turn_id }) => turn_id !== null && (type === 'done' || type === 'error'));
    expect(ends.map(({ turn_id }) => turn_id)).toEqual([1, 2, 3, 4, 5].map((turn) => `${id}.${turn}`));
  });

  test('of ten megabytes is all there, and the memory of zd stays bounded', async () => {
    const id = await open('agent');
    await say(id, 'say:warm');
    const before = peakOf(daemon.pid);
    expect((await say(id, 'flood:10')).stop_reason).toBe('end_turn');
    expect(peakOf(daemon.pid) - before).toBeLessThan(200);
    const pieces = (await told(id)).filter(({ type, turn_id }) => type === 'text' && turn_id === `${id}.2`);
    expect(pieces.reduce((sum, { data }) => sum + data.content.length, 0)).toBe(10 * 1024 * 1024);
    expect(Math.max(...pieces.map(({ data }) => data.content.length))).toBeLessThanOrEqual(32 * 1024);
  });

  test('a prompt over the limit is refused', async () => {
    const id = await open('agent');
    expect(await refused('session_prompt', { id, text: 'x'.repeat(1001) })).toEqual([413, 'too_large']);
  });
});

describe('approvals', () => {
  test('wait for an answer, which is given once', async () => {
    const id = await open('agent');
    expect(await say(id, 'permission')).toMatchObject({ state: 'waiting', stop_reason: null, error: null });
    const { approvals } = await ok('session_info', { id });
    expect(approvals).toMatchObject([{ approval_id: `${id}.a1`, state: 'pending', tool_name: 'rm -r build', input: { command: 'rm -r build' } }]);
    const other = await open('agent');
    expect(await refused('session_answer', { id: other, approval_id: `${id}.a1`, decision: 'allow' })).toEqual([404, 'no_such_approval']);
    expect(await refused('session_answer', { id, approval_id: `${id}.a1`, option_id: 'perhaps' })).toEqual([400, 'bad_args']);
    expect(await refused('session_answer', { id, approval_id: `${id}.a1`, decision: 'always' })).toEqual([400, 'bad_args']);
    expect(await refused('session_answer', { id, approval_id: `${id}.a1` })).toEqual([400, 'bad_args']);
    const answered = await ok('session_answer', { id, approval_id: `${id}.a1`, decision: 'allow' });
    expect(answered).toMatchObject({ state: 'answered', option_id: 'yes', by: 'http' });
    expect(await refused('session_answer', { id, approval_id: `${id}.a1`, decision: 'deny' })).toEqual([409, 'conflict']);
    await waitFor(id, 'idle');
    const events = await told(id);
    expect(textOf(events)).toBe('permission selected yes');
    expect(events.filter(({ type }) => type.startsWith('approval')).map(({ type }) => type)).toEqual(['approval', 'approval_resolved']);
  });

  test('are cancelled with their turn', async () => {
    const id = await open('agent');
    await say(id, 'permission');
    await ok('session_cancel', { id });
    const resolved = (await told(id)).find(({ type }) => type === 'approval_resolved');
    expect(resolved!.data).toMatchObject({ outcome: 'cancelled', option_id: null });
    expect(await refused('session_answer', { id, approval_id: `${id}.a1`, decision: 'allow' })).toEqual([409, 'conflict']);
  });
});

describe('a session', () => {
  test('is found by id, title and the beginning of its id', async () => {
    const id = await open('agent', { title: 'the one with a title' });
    for (const name of [id, 'the one with a title', id.slice(0, 12)]) expect((await ok('session_info', { id: name })).session_id).toBe(id);
    expect(await ok('session_rename', { id, title: 'renamed' })).toMatchObject({ title: 'renamed' });
    expect(await refused('session_info', { id: 'the one with a title' })).toEqual([404, 'no_such_session']);
  });

  test('every operation says when there is none', async () => {
    const more: Record<string, unknown> = {
      session_rename: { title: 'x' },
      session_prompt: { text: 'x' },
      session_answer: { approval_id: 'x', decision: 'allow' },
    };
    for (const op of ['info', 'rename', 'prompt', 'answer', 'history', 'cancel', 'close', 'remove'].map((verb) => `session_${verb}`))
      expect([op, await refused(op, { id: 'nobody', ...(more[op] as object) })]).toEqual([op, [404, 'no_such_session']]);
    expect(await refused('session_list', { cursor: 'nobody' })).toEqual([404, 'no_such_session']);
    expect((await daemon.fetch('/stream/session?id=nobody')).status).toBe(404);
  });

  test('is opened with an agent there is, in a folder it may have', async () => {
    expect(await refused('session_new', { agent: 'nobody' })).toEqual([404, 'no_such_agent']);
    expect(await refused('session_new', {})).toEqual([404, 'no_such_agent']);
    expect(await refused('session_new', { agent: 'nowhere' })).toEqual([502, 'agent_failed']);
    expect(await refused('session_new', { agent: 'agent', cwd: '/no/such/folder' })).toEqual([400, 'bad_args']);
    expect(await refused('session_new', { agent: 'rooted', cwd: home })).toEqual([400, 'bad_args']);
    symlinkSync(home, join(work, 'out'));
    expect(await refused('session_new', { agent: 'rooted', cwd: join(work, 'out') })).toEqual([400, 'bad_args']);
    await open('agent', { id: 'chosen' });
    expect(await refused('session_new', { agent: 'agent', id: 'chosen' })).toEqual([409, 'conflict']);
    const rooted = await ok('session_new', { agent: 'rooted' });
    expect((await say(rooted.session_id, 'cwd')).answer).toBe(work);
  });

  test('is listed newest first, in pages, by state', async () => {
    const made = [await open('rooted', { cwd: work }), await open('rooted', { cwd: work }), await open('rooted', { cwd: work })];
    const first = await ok('session_list', { agent: 'rooted', limit: 2 });
    expect(first.sessions.map((each: { session_id: string }) => each.session_id)).toEqual([made[2], made[1]]);
    expect((await ok('session_list', { agent: 'rooted', limit: 1, cursor: first.next_cursor })).sessions[0].session_id).toBe(made[0]);
    await begin(made[0]!, 'hang');
    expect((await ok('session_list', { agent: 'rooted', state: 'running' })).sessions.map((each: any) => each.session_id)).toEqual([made[0]]);
    await ok('session_cancel', { id: made[0] });
  });

  test('closed: its agent has ended, its transcript is there, it takes no prompt; removed: it is gone', async () => {
    const id = await open('agent');
    const pid = Number((await say(id, 'child')).answer.split(' ')[1]);
    const { pid: agent } = await ok('session_info', { id });
    expect(await refused('session_remove', { id })).toEqual([409, 'busy']);
    expect(await ok('session_close', { id })).toMatchObject({ state: 'closed', pid: null });
    for (const each of [pid, agent]) await until(`${each} is gone`, () => !isRunning(each));
    expect(await refused('session_prompt', { id, text: 'say:x' })).toEqual([409, 'conflict']);
    expect((await told(id)).length).toBeGreaterThan(3);
    expect(await ok('session_remove', { id })).toMatchObject({ removed: true });
    expect(await refused('session_info', { id })).toEqual([404, 'no_such_session']);
  });

  test('removed by force while it works', async () => {
    const id = await open('agent');
    await begin(id, 'hang');
    expect(await ok('session_remove', { id, force: true })).toMatchObject({ removed: true });
  });
});

/** Megabytes a process took at most. */
const peakOf = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024;
