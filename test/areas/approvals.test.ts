import { beforeAll, describe, expect, test } from 'bun:test';
import { runZd, startDaemon, type TestDaemon } from '../helper/daemon';
import { overHttp } from '../helper/mcp';
import { scripted, sessionCalls, textOf } from '../helper/sessions';
import { readEvents } from '../../src/kernel/event_stream';

const RULES = `
[[policy.rules]]
decision = "deny"
tool = "execute"
pattern = "rm *"
reason = "nothing is removed here"
[[policy.rules]]
decision = "allow"
tool = "read"
[[policy.rules]]
decision = "approval_required"
tool = "lock_acquire"
`;

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: `${scripted('agent')}${RULES}\n[policy]\nwait_secs = 0\n` });
});
const { ok, refused, open, say, told, waitFor } = sessionCalls(() => daemon);

const ONCE = ['allow_once', 'reject_once'];
/** One question of the agent, in the words of a prompt. */
const may = (tool: object, kinds: readonly string[] = ONCE, more: object = {}) =>
  `may:${JSON.stringify({ tool, kinds, ...more }).replaceAll(' ', '_')}`;
const list = async (more: object = {}): Promise<any[]> => (await ok('approvals_list', more)).approvals;

describe('one list', () => {
  test('has what the agent of a session asks beside the tool calls that are held back', async () => {
    const id = await open('agent');
    await say(id, may({ title: 'make deploy', kind: 'execute', rawInput: { command: 'make deploy', token: 'hush-hush' } }));
    const client = await overHttp(daemon, 'current', '?allow=lock');
    await client.callTool({ name: 'lock_acquire', arguments: { name: 'x', ttl_secs: 9 } });
    await client.close();
    const [call, permission] = await list();
    expect(call).toMatchObject({ kind: 'tool_call', tool: 'lock_acquire', session_approval_id: null });
    expect(permission).toMatchObject({
      ...{ kind: 'permission', state: 'pending', tool: 'make deploy', asked_by: 'agent:agent', session_id: id, session_approval_id: `${id}.a1` },
    });
    expect(JSON.parse(permission.arguments)).toEqual({ command: 'make deploy', token: '[hidden]' });
    expect(await list({ kind: 'tool_call' })).toEqual([call]);
    expect(await list({ kind: 'permission', session_id: id })).toEqual([permission]);
    const shown = await runZd(daemon.home, ['approvals', 'list']);
    expect(shown.stdout).toContain('make deploy');
    expect(shown.stdout).toContain('lock_acquire');

    const allowed = await runZd(daemon.home, ['approvals', 'allow', String(permission.approval_id), '--json']);
    expect(JSON.parse(allowed.stdout)).toMatchObject({ approval: { state: 'used', kind: 'permission' } });
    await waitFor(id, 'idle');
    expect(textOf(await told(id))).toBe('may allow_once');
    expect(await refused('approvals_answer', { approval_id: permission.approval_id, decision: 'deny' })).toEqual([409, 'conflict']);
    await ok('approvals_answer', { approval_id: call.approval_id, decision: 'deny' });
    expect(await list()).toEqual([]);
  });

  test('knows when a session was answered in its own way, or when its turn was cancelled', async () => {
    const id = await open('agent');
    await say(id, may({ title: 'one' }));
    await ok('session_answer', { id, approval_id: `${id}.a1`, decision: 'deny' });
    await waitFor(id, 'idle');
    await say(id, may({ title: 'two' }));
    await ok('session_cancel', { id });
    expect(await list({ session_id: id, state: 'all' })).toMatchObject([
      { tool: 'two', state: 'cancelled', answered_by: null },
      { tool: 'one', state: 'denied', answered_by: 'http' },
    ]);
  });

  test('is told of on the stream of the runtime, with how to answer', async () => {
    const over = new AbortController();
    const response = await daemon.fetch('/stream/runtime?family=runtime.approval_required', { signal: over.signal });
    const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
    const next = async (): Promise<any> => JSON.parse((await events.next()).value!.data);
    const id = await open('agent');
    await say(id, may({ title: 'told' }));
    const event = await next();
    expect(event).toMatchObject({
      kind: 'permission_request',
      payload: { approval: { session_id: id, tool: 'told' }, answer: { op: 'approvals_answer' } },
    });
    await ok('approvals_answer', { approval_id: event.payload.approval.approval_id, decision: 'deny' });
    expect(await next()).toMatchObject({ kind: 'approval_answered', payload: { approval: { state: 'denied' } } });
    over.abort();
  });

  test('an answer the agent does not offer is refused, and it goes on waiting', async () => {
    const id = await open('agent');
    await say(id, may({ title: 'for ever' }, ['allow_always', 'reject_always']));
    const [{ approval_id }] = await list({ session_id: id });
    expect(await refused('approvals_answer', { approval_id, decision: 'allow' })).toEqual([400, 'bad_args']);
    expect(await refused('approvals_answer', { approval_id, decision: 'deny', session_id: 'another' })).toEqual([404, 'no_such_approval']);
    await ok('approvals_answer', { approval_id, decision: 'deny' });
    await waitFor(id, 'idle');
    expect(textOf(await told(id))).toBe('may reject_always');
  });

  test('who asks does not answer: neither way is open through MCP', async () => {
    const id = await open('agent');
    await say(id, may({ title: 'mine' }));
    const client = await overHttp(daemon, 'current', '?allow=*');
    const result = await client.callTool({ name: 'session_answer', arguments: { id, approval_id: `${id}.a1`, decision: 'allow' } });
    await client.close();
    expect(result._meta?.['zd/failure']).toMatchObject({ code: 'tool_not_allowed' });
    expect(await list({ session_id: id })).toHaveLength(1);
    await ok('session_cancel', { id });
  });

  test('a restart expires what waited, and allows nothing', async () => {
    const id = await open('agent');
    await say(id, may({ title: 'before the crash' }));
    await daemon.kill();
    await daemon.restart();
    expect(await list({ session_id: id, state: 'all' })).toMatchObject([{ state: 'expired', tool: 'before the crash' }]);
    expect((await ok('session_info', { id })).state).toBe('idle');
  });
});

describe('the rules', () => {
  test('deny at once what they deny, with who and why in the transcript and in the list', async () => {
    const id = await open('agent');
    const { state, answer } = await say(id, may({ title: 'clean', kind: 'execute', rawInput: { command: 'rm -r build' } }));
    expect([state, answer]).toEqual(['idle', 'may reject_once']);
    const resolved = (await told(id)).find(({ type }) => type === 'approval_resolved');
    expect(resolved!.data).toMatchObject({ outcome: 'answered', option_id: 'reject_once', by: 'policy.rules 1' });
    expect(await list({ session_id: id, state: 'all' })).toMatchObject([
      { state: 'denied', answered_by: 'policy.rules 1', note: 'nothing is removed here' },
    ]);
  });

  test('allow at once what they allow, once and never for ever', async () => {
    const id = await open('agent');
    expect((await say(id, may({ title: 'look', kind: 'read' }, ['allow_always', ...ONCE]))).answer).toBe('may allow_once');
    expect((await say(id, may({ title: 'look', kind: 'read' }, ['allow_always', 'reject_always']))).state).toBe('waiting');
    await ok('session_cancel', { id });
  });

  test('know a tool by what was told of it before, and leave to the user what none of them fits', async () => {
    const id = await open('agent');
    expect((await say(id, may({ title: 'look', kind: 'read' }, ONCE, { told: true }))).answer).toBe('may allow_once');
    expect((await say(id, may({ title: 'edit', kind: 'edit' }))).state).toBe('waiting');
    await ok('session_cancel', { id });
  });

  test('a no that the agent does not offer is no yes', async () => {
    const id = await open('agent');
    const { answer } = await say(id, may({ title: 'clean', kind: 'execute', rawInput: { command: ['rm', '-r', 'x'] } }, ['allow_once']));
    expect(answer).toBe('may cancelled');
  });
});
