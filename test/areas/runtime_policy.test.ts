import { beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { agentOf, hearRuntime } from '../helper/runtime_rig';
import { until } from '../helper/until';

const NARROW = 'narrow-token-of-the-tests';
const RULES = `
[http.tokens]
full = "a-token-with-full-access"
narrow = { token = "${NARROW}", scopes = ["runtime.*"] }
[[policy.rules]]
decision = "deny"
tool = "cache_*"
pattern = "*forbidden*"
reason = "not that one"
[[policy.rules]]
decision = "allow"
tool = "cache_put"
pattern = "free"
[[policy.rules]]
decision = "approval_required"
tool = "cache_put"
reason = "writing needs leave"
[[policy.rules]]
decision = "deny"
tool = "ccd_state"
command = "handover"
[[policy.rules]]
decision = "deny"
pattern = "rm -rf *"
`;
/** Refused at once, so that tests which do not answer need not wait. */
const AT_ONCE = `[policy]\nwait_secs = 0\n${RULES}`;

let daemon: TestDaemon;
let patient: TestDaemon;
beforeAll(async () => {
  [daemon, patient] = await Promise.all([startDaemon({ config: AT_ONCE }), startDaemon({ config: RULES })]);
});
const TOKEN = 'a-token-with-full-access';
const put = (key: string) => ({ ns: 'policy', key, value: 1 });
const pendingOf = async (on: TestDaemon) =>
  (await on.call('approvals_list')).body.approvals as { approval_id: number; tool: string; arguments: string }[];
const answer = (on: TestDaemon, approval_id: number, decision: string, more = {}) => on.call('approvals_answer', { approval_id, decision, ...more });

describe('the policy stands before the tool calls of agents', () => {
  test('deny, allow and the tools no rule is about; the socket is not concerned', async () => {
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    const denied = await agent.call('cache_put', put('forbidden fruit'));
    expect(denied.body).toMatchObject({ code: 'policy_denied', rule: 0, reason: 'not that one' });
    expect((await agent.call('cache_get', { ns: 'forbidden', key: 'x' })).body.code).toBe('policy_denied');
    expect((await agent.call('cache_put', put('free'))).ok).toBe(true);
    expect((await agent.call('lock_try_acquire', { name: 'rm -rf /' })).body.code).toBe('policy_denied');
    expect((await agent.call('lock_try_acquire', { name: 'x' })).ok).toBe(true);
    expect((await agent.call('ccd_state', { command: 'handover' })).body.code).toBe('policy_denied');
    expect((await agent.call('ccd_state', { command: 'radar' })).ok).toBe(true);
    expect((await daemon.call('cache_put', put('forbidden fruit'))).status).toBe(200);
  });

  test('a call that needs approval is refused with its number, and runs once when it was allowed', async () => {
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    const refused = await agent.call('cache_put', put('one'));
    expect(refused.body).toMatchObject({
      code: 'approval_required',
      tool: 'cache_put',
      answer: { op: 'approvals_answer', path: '/op/approvals_answer' },
    });
    const id = refused.body.approval_id as number;
    expect(refused.body.hint).toContain(`zd approvals allow ${id}`);
    expect((await agent.call('cache_put', { value: 1, key: 'one', ns: 'policy' })).body.approval_id).toBe(id);
    expect((await agent.call('cache_put', put('two'))).body.approval_id).toBeGreaterThan(id);
    expect((await answer(daemon, id, 'allow', { note: 'go' })).body.approval).toMatchObject({
      state: 'allowed',
      answered_by: 'local:unix',
      note: 'go',
    });
    expect((await daemon.call('cache_get', { ns: 'policy', key: 'one' })).status).toBe(404);
    expect((await agent.call('cache_put', put('one'))).ok).toBe(true);
    const { approvals } = (await daemon.call('approvals_list', { state: 'used' })).body;
    expect(approvals).toMatchObject([{ approval_id: id, tool: 'cache_put', asked_by: 'token:full', reason: 'writing needs leave' }]);
    expect((await agent.call('cache_put', put('one'))).body.approval_id).toBeGreaterThan(id);
  });

  test('a bad call or one without the scope is refused before anybody is asked', async () => {
    const before = (await pendingOf(daemon)).length;
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    expect((await agent.call('cache_put', { ns: 5 })).body.code).toBe('bad_args');
    await using narrow = await agentOf(daemon, '?allow=*', NARROW);
    expect((await narrow.call('cache_put', put('narrow'))).body.code).toBe('scope_denied');
    await using reader = await agentOf(daemon, '', TOKEN);
    expect((await reader.call('cache_put', put('reader'))).body.code).toBe('tool_not_allowed');
    expect(await pendingOf(daemon)).toHaveLength(before);
  });

  test('a call waits for the answer, which wakes it', async () => {
    await using agent = await agentOf(patient, '?allow=*', TOKEN);
    const heard = await hearRuntime(patient, '?family=runtime.approval_required');
    const [allowed, refused] = [agent.call('cache_put', put('waits')), agent.call('cache_put', put('is denied'))];
    const asked = [(await heard.next()).data, (await heard.next()).data];
    expect(asked[0]).toMatchObject({ kind: 'policy_check', runtime: { operation: 'policy_check', tool: 'cache_put' } });
    expect(asked[0].payload).toMatchObject({ decision: 'approval_required', approval: { state: 'pending' }, answer: { op: 'approvals_answer' } });
    expect(JSON.stringify(asked)).not.toContain('waits');
    const pending = await pendingOf(patient);
    const idOf = (text: string) => pending.find((each) => each.arguments.includes(text))!.approval_id;
    expect((await answer(patient, idOf('waits'), 'allow')).status).toBe(200);
    expect((await heard.next()).data).toMatchObject({ kind: 'approval_answered', payload: { approval: { state: 'allowed' } } });
    expect((await allowed).ok).toBe(true);
    await answer(patient, idOf('is denied'), 'deny', { note: 'never' });
    expect((await refused).body).toMatchObject({ code: 'policy_denied', msg: expect.stringContaining('never') });
    expect((await agent.call('cache_put', put('is denied'))).body.code).toBe('policy_denied');
    heard.close();
  });

  test('one allowance is one call, however many wait for it', async () => {
    const own = await startDaemon({ config: '[policy]\nrules = [{ decision = "approval_required", tool = "cache_incr" }]\n' });
    await using agent = await agentOf(own);
    const calls = Array.from({ length: 5 }, () => agent.call('cache_incr', { ns: 'policy', key: 'n' }));
    const [first] = await until('they ask', async () => ((await pendingOf(own)).length === 1 ? pendingOf(own) : null));
    // All of them wait for the one approval before it is answered.
    await until('all have begun', async () => {
      const { body } = await own.call('event_list', { topic: 'tool_call_start' });
      return body.events.length === 5;
    });
    await answer(own, first!.approval_id, 'allow');
    expect((await Promise.race(calls)).body).toMatchObject({ value: 1 });
    const second = await until('the others ask anew', async () => (await pendingOf(own))[0]);
    await answer(own, second.approval_id, 'deny');
    const codes = (await Promise.all(calls)).map(({ ok, body }) => (ok ? 'ok' : body.code));
    expect(codes.toSorted()).toEqual(['ok', ...Array.from({ length: 4 }, () => 'policy_denied')]);
    expect((await own.call('cache_get', { ns: 'policy', key: 'n' })).body.value).toBe(1);
    expect((await own.call('approvals_list', { state: 'all' })).body.count).toBe(2);
  });

  test('rules hold from a reload on', async () => {
    const own = await startDaemon();
    await using agent = await agentOf(own);
    expect((await agent.call('cache_put', put('r'))).ok).toBe(true);
    const file = join(own.home, 'config.toml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n[policy]\nrules = [{ decision = "deny", tool = "cache_put" }]\n`);
    expect((await own.call('daemon', { verb: 'reload' })).body.changed).toEqual(['policy.rules']);
    expect((await agent.call('cache_put', put('r'))).body.code).toBe('policy_denied');
    expect((await own.call('config_set', { key: 'policy.rules', value: '[]' })).status).toBe(400);
    expect((await own.call('config_set', { key: 'policy.default', value: 'allow' })).status).toBe(400);
  });

  test('who stops waiting leaves the approval as it is; a stop of the daemon lets nobody hang', async () => {
    const own = await startDaemon({ config: RULES });
    await using agent = await agentOf(own, '?allow=*', TOKEN);
    const waiting = agent.call('cache_put', put('hangs')).catch((error: unknown) => ({ ok: false, body: { code: String(error) } }));
    await until('it asks', async () => (await pendingOf(own)).length === 1);
    expect(await own.stop()).toBe(0);
    expect((await waiting).ok).toBe(false);
    await own.restart();
    expect(await pendingOf(own)).toHaveLength(1);
  });

  test('what is named as a secret is not shown to who answers', async () => {
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    const args = { ns: 'policy', key: 'k', value: { api_key: 'hush-hush', Password: 'hush-hush', note: 'x'.repeat(5000) } };
    const { body } = await agent.call('cache_put', args);
    const shown = (await pendingOf(daemon)).find((each) => each.approval_id === body.approval_id)!.arguments;
    expect(shown).not.toContain('hush-hush');
    expect(shown.length).toBeLessThan(4200);
  });
});

describe('approvals', () => {
  const check = (more: Record<string, unknown>) => daemon.call('ccd_state', { command: 'policy-check', tool: 'Bash', ask: true, ...more });

  test('are asked for by a check, answered once, and good for one check that says allow', async () => {
    const args = { arguments: { command: 'make deploy' }, session_id: 'one' };
    const asked = (await check(args)).body;
    expect(asked).toMatchObject({ decision: 'approval_required', approval: { state: 'pending', command: 'make deploy', session_id: 'one' } });
    const id = asked.approval.approval_id as number;
    expect((await check({ ...args, session_id: 'two' })).body.approval.approval_id).not.toBe(id);
    expect((await answer(daemon, id, 'allow', { session_id: 'two' })).body.code).toBe('no_such_approval');
    expect((await answer(daemon, id, 'allow', { session_id: 'one' })).status).toBe(200);
    const again = await answer(daemon, id, 'deny');
    expect([again.status, again.body]).toMatchObject([409, { code: 'conflict', state: 'allowed' }]);
    expect((await check(args)).body).toMatchObject({ decision: 'allow', answer: null });
    expect((await check(args)).body).toMatchObject({ decision: 'approval_required' });
    expect((await answer(daemon, 1_000_000, 'allow')).status).toBe(404);
    expect((await answer(daemon, id, 'maybe')).body.code).toBe('bad_args');
  });

  test('a check before a call of zd finds the same approval and leaves it to the call', async () => {
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    const args = { command: 'policy-check', tool: 'cache_put', arguments: put('checked') };
    const { approval } = (await agent.call('ccd_state', args)).body;
    await answer(daemon, approval.approval_id, 'allow');
    expect((await agent.call('ccd_state', args)).body.decision).toBe('allow');
    expect((await agent.call('ccd_state', args)).body.decision).toBe('allow');
    expect((await agent.call('cache_put', put('checked'))).ok).toBe(true);
    expect((await agent.call('ccd_state', args)).body.decision).toBe('approval_required');
  });

  test('a check may wait, and what the rules deny is denied without asking', async () => {
    const waiting = check({ arguments: { command: 'sleep' }, wait_secs: 60 });
    const pending = await until('it asks', async () => (await pendingOf(daemon)).find((each) => each.arguments.includes('sleep')));
    await answer(daemon, pending.approval_id, 'deny');
    expect((await waiting).body).toMatchObject({ decision: 'deny', approval: { state: 'denied' }, runtime: { status: 'denied' } });
    const denied = await check({ arguments: { argv: ['rm', '-rf', '/'] } });
    expect(denied.body).toMatchObject({ decision: 'deny', rule: 4, approval: null, runtime: { status: 'denied', operation: 'policy_check' } });
    expect((await daemon.call('ccd_state', { command: 'policy-check' })).body).toMatchObject({ code: 'bad_args', path: '/tool' });
  });

  test('agents do not answer, and a token needs the scope', async () => {
    await using agent = await agentOf(daemon, '?allow=*', TOKEN);
    const { approval } = (await check({ arguments: { command: 'self' } })).body;
    expect((await agent.call('approvals_answer', { approval_id: approval.approval_id, decision: 'allow' })).body.code).toBe('tool_not_allowed');
    expect((await pendingOf(daemon)).map((each) => each.approval_id)).toContain(approval.approval_id);
  });

  test('expire by themselves, are told of, and cannot be answered then', async () => {
    const own = await startDaemon({ config: '[policy]\nexpire_secs = 1\nmax_pending = 2\ndefault = "approval_required"\nwait_secs = 50\n' });
    const heard = await hearRuntime(own);
    await using agent = await agentOf(own);
    const refused = await agent.call('cache_put', put('late'));
    expect(refused.body.code).toBe('approval_required');
    const kinds = [(await heard.next()).data.kind, (await heard.next()).data.kind];
    expect(kinds).toEqual(['policy_check', 'approval_expired']);
    heard.close();
    expect((await answer(own, refused.body.approval_id, 'allow')).body).toMatchObject({ code: 'conflict', state: 'expired' });
    expect((await own.call('approvals_list', { state: 'all' })).body.approvals).toMatchObject([{ state: 'expired' }]);
    // What only reads is not held up by the default.
    expect((await agent.call('lock_list', {})).ok).toBe(true);
  });

  test('are bounded, and listed in pages', async () => {
    const own = await startDaemon({ config: '[policy]\nmax_pending = 3\n' });
    const ask = (command: string) => own.call('ccd_state', { command: 'policy-check', tool: 'Bash', arguments: { command }, ask: true });
    for (const command of ['a', 'b', 'c']) expect((await ask(command)).status).toBe(200);
    expect((await ask('d')).body).toMatchObject({ code: 'too_many', limit: 3 });
    const page = (await own.call('approvals_list', { limit: 2 })).body;
    expect([page.approvals.map((each: { command: string }) => each.command), page.next]).toEqual([['c', 'b'], 2]);
    const rest = (await own.call('approvals_list', { before: page.next })).body;
    expect([rest.count, rest.next, rest.approvals[0].command]).toEqual([1, null, 'a']);
  });
});
