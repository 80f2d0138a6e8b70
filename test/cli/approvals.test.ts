import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { LEASE } from '../helper/runtime_rig';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const ask = async (command: string): Promise<number> =>
  (await daemon.call('ccd_state', { command: 'policy-check', tool: 'Bash', arguments: { command }, ask: true })).body.approval.approval_id;

test('approvals are listed, allowed and denied by their number', async () => {
  const [first, second] = [await ask('make deploy'), await ask('make clean')];
  const listed = await daemon.zd('approvals', 'list');
  expect(listed.code).toBe(0);
  expect(listed.stdout).toContain('make deploy');
  const allowed = await daemon.zd('approvals', 'allow', String(first), '--note', 'once', '--json');
  expect(JSON.parse(allowed.stdout)).toMatchObject({ ok: true, approval: { approval_id: first, state: 'allowed', note: 'once' } });
  expect((await daemon.zd('approvals', 'deny', String(second))).code).toBe(0);
  const again = await daemon.zd('approvals', 'allow', String(second));
  expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('denied')]);
  expect((await daemon.zd('approvals', 'allow', '999')).code).toBe(4);
  expect((await daemon.zd('approvals', 'allow')).code).toBe(2);
  expect((await daemon.zd('approvals', 'allow', 'x')).code).toBe(2);
  expect((await daemon.zd('approvals', 'allow', String(second), '--decision', 'deny')).code).toBe(2);
  expect((await daemon.zd('approvals', 'list', '-q')).stdout).not.toContain('make deploy');
});

test('sessions, checkpoints and families are read from the command line', async () => {
  const session = ['w1', '--lease-token', LEASE];
  expect((await daemon.zd('runtime', 'session', 'start-session', ...session, '--agent', 'claude', '--profile', 'main')).code).toBe(0);
  const saved = await daemon.zd('runtime', 'state', 'checkpoint', ...session, '--state', '{"step":3}', '--summary', 'half done');
  expect([saved.code, saved.stderr]).toEqual([0, '']);
  expect((await daemon.zd('runtime', 'sessions')).stdout).toContain('claude');
  expect((await daemon.zd('runtime', 'checkpoints', 'w1')).stdout).toContain('half done');
  expect(JSON.parse((await daemon.zd('runtime', 'checkpoint', 'w1', '--json')).stdout).state).toEqual({ step: 3 });
  expect((await daemon.zd('runtime', 'families', '--json')).stdout).toContain('runtime.checkpoint');
  const events = await daemon.zd('runtime', 'events', 'runtime.checkpoint', '--since', 'earliest', '-n', '1', '--json');
  expect(events.stdout).toContain('evaluate_checkpoint');
  expect((await daemon.zd('runtime', 'session', 'heartbeat-session', 'none', '--lease-token', LEASE)).code).toBe(4);
});
