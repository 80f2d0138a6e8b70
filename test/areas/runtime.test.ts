import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { hearRuntime, LEASE } from '../helper/runtime_rig';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[runtime]\nkeep_checkpoints = 3\n' });
});

const lifecycle = (input: Record<string, unknown>, on = daemon) => on.call('ccd_session_lifecycle', input);

describe('sessions of work', () => {
  test('begin with a lease, live by heartbeats, and end', async () => {
    const { body } = await lifecycle({ command: 'start-session', session_id: 'a', profile: 'main', agent: 'claude', title: 't', cwd: '/x' });
    expect(body).toMatchObject({ profile: 'main', previous: null, checkpoint: null });
    expect(body.session).toMatchObject({ session_id: 'a', agent: 'claude', title: 't', cwd: '/x', state: 'active', generation: 1, lease_secs: 120 });
    const lease_token = body.lease_token as string;
    const beat = await lifecycle({ command: 'heartbeat-session', session_id: 'a', lease_token, lease_secs: 300 });
    expect(beat.body.session).toMatchObject({ state: 'active', generation: 1, lease_secs: 300 });
    expect(beat.body.session.expires_at_ns).toBeGreaterThan(body.session.expires_at_ns);
    expect(beat.body.lease_token).toBe(null);
    const cleared = await lifecycle({ command: 'clear-session', session_id: 'a', lease_token });
    expect(cleared.body.session).toMatchObject({ state: 'cleared', expires_at_ns: null });
    expect((await lifecycle({ command: 'clear-session', session_id: 'a' })).status).toBe(200);
    expect((await lifecycle({ command: 'heartbeat-session', session_id: 'a', lease_token })).body.code).toBe('not_held');
    expect((await lifecycle({ command: 'start-session', session_id: 'a' })).body.session).toMatchObject({ generation: 2, agent: null });
  });

  test('belong to one holder at a time; with a token of its own it may ask again', async () => {
    const first = await lifecycle({ command: 'start-session', session_id: 'b', agent: 'one', lease_token: LEASE });
    const again = await lifecycle({ command: 'start-session', session_id: 'b', agent: 'one', lease_token: LEASE });
    expect(again.body.session.generation).toBe(first.body.session.generation);
    const busy = await lifecycle({ command: 'start-session', session_id: 'b', agent: 'two' });
    expect([busy.status, busy.body]).toMatchObject([409, { code: 'busy', session_state: 'active', agent: 'one', runtime: { status: 'error' } }]);
    expect((await lifecycle({ command: 'takeover-session', session_id: 'b' })).body.code).toBe('busy');
    const taken = await lifecycle({ command: 'takeover-session', session_id: 'b', agent: 'two', force: true });
    expect(taken.body).toMatchObject({ session: { generation: 2, agent: 'two' }, previous: { agent: 'one', generation: 1, state: 'active' } });
    expect((await lifecycle({ command: 'heartbeat-session', session_id: 'b', lease_token: LEASE })).body.code).toBe('not_held');
    expect((await lifecycle({ command: 'clear-session', session_id: 'b', lease_token: LEASE })).body.code).toBe('not_held');
    expect((await lifecycle({ command: 'clear-session', session_id: 'b' })).body.code).toBe('busy');
    expect((await lifecycle({ command: 'clear-session', session_id: 'b', lease_token: taken.body.lease_token })).status).toBe(200);
    expect((await lifecycle({ command: 'takeover-session', session_id: 'b' })).body.code).toBe('conflict');
  });

  test('turn stale by themselves when nobody beats, and are told of; the holder may come back', async () => {
    const heard = await hearRuntime(daemon, '?family=runtime.status&profile=sleepy');
    await lifecycle({ command: 'start-session', session_id: 'c', profile: 'sleepy', lease_token: LEASE, lease_secs: 1 });
    expect((await heard.next()).data.kind).toBe('start_session');
    const stale = (await heard.next()).data;
    expect(stale).toMatchObject({ family: 'runtime.status', kind: 'session_stale', profile: 'sleepy', runtime: { session_id: 'c', status: 'ok' } });
    expect(stale.payload.session).toMatchObject({ session_id: 'c', state: 'stale', expires_at_ns: null });
    heard.close();
    const { sessions } = (await daemon.call('runtime_sessions', { state: 'stale' })).body;
    expect(sessions).toMatchObject([{ session_id: 'c', state: 'stale' }]);
    expect((await lifecycle({ command: 'start-session', session_id: 'c' })).body.code).toBe('conflict');
    expect((await lifecycle({ command: 'heartbeat-session', session_id: 'c', lease_token: LEASE, lease_secs: 60 })).body.session.state).toBe(
      'active',
    );
  });

  test('are ended by a part that heals: a round of it that fails is tried again', async () => {
    const own = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'runtime.deadlines=throw@2' } });
    const heard = await hearRuntime(own);
    // The first round is at its start; the second is the one that fails.
    await lifecycle({ command: 'start-session', session_id: 'h', lease_token: LEASE, lease_secs: 1 }, own);
    expect([(await heard.next()).data.kind, (await heard.next()).data.kind]).toEqual(['start_session', 'session_stale']);
    heard.close();
    const health = (await (await own.fetch('/health?verbose')).json()) as { parts: { name: string }[] };
    expect(health.parts.find(({ name }) => name === 'runtime_deadlines')).toMatchObject({ restarts: 1, last_error: 'failpoint runtime.deadlines' });
  });

  test('what is not there is said', async () => {
    for (const command of ['heartbeat-session', 'clear-session', 'takeover-session'])
      expect((await lifecycle({ command, session_id: 'none', lease_token: LEASE })).body.code).toBe('no_such_session');
    expect((await lifecycle({ command: 'heartbeat-session', session_id: 'a' })).body).toMatchObject({ code: 'bad_args', path: '/lease_token' });
    expect((await lifecycle({ command: 'takeover-session' })).body).toMatchObject({ code: 'bad_args', path: '/session_id' });
    expect((await lifecycle({ command: 'Start-Session' })).body.code).toBe('bad_args');
    expect((await daemon.call('ccd_context', { command: 'context-check', session_id: 'none' })).body.code).toBe('no_such_session');
    expect((await daemon.call('runtime_checkpoints', { session_id: 'none' })).body.code).toBe('no_such_session');
    expect((await daemon.call('runtime_checkpoint', { session_id: 'none' })).body.code).toBe('no_such_checkpoint');
    const compact = { command: 'memory-compact', session_id: 'none', entries: [] };
    expect((await daemon.call('ccd_memory', compact)).body.code).toBe('no_such_session');
    expect((await daemon.call('ccd_state', { command: 'export', session_id: 'none' })).body.code).toBe('no_such_session');
  });

  test('are bounded, those that were cleared make room, and lists have exact pages', async () => {
    const own = await startDaemon({ config: '[runtime]\nmax_sessions = 5\n' });
    for (let at = 0; at < 5; at++) await lifecycle({ command: 'start-session', session_id: `s${at}`, lease_token: LEASE }, own);
    expect((await lifecycle({ command: 'start-session' }, own)).body).toMatchObject({ code: 'too_many', limit: 5 });
    await lifecycle({ command: 'clear-session', session_id: 's2', lease_token: LEASE }, own);
    expect((await lifecycle({ command: 'start-session', session_id: 's5' }, own)).status).toBe(200);
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { body } = await own.call('runtime_sessions', { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...body.sessions.map(({ session_id }: { session_id: string }) => session_id));
      cursor = body.next_cursor;
    }
    expect(seen.toSorted()).toEqual(['s0', 's1', 's3', 's4', 's5']);
  });
});

describe('checkpoints', () => {
  const checkpoint = (more: Record<string, unknown>) =>
    daemon.call('ccd_state', { command: 'checkpoint', session_id: 'w', lease_token: LEASE, ...more });

  test('are stored for whoever goes on, once however often they are sent', async () => {
    await lifecycle({ command: 'start-session', session_id: 'w', profile: 'work', lease_token: LEASE });
    const first = await checkpoint({ key: 'k1', summary: 'half done', state: { step: 3 } });
    expect(first.body).toMatchObject({
      profile: 'work',
      stored: true,
      checkpoint: { number: 1, kind: 'checkpoint', key: 'k1', generation: 1, bytes: 10 },
    });
    expect((await checkpoint({ key: 'k1', summary: 'half done', state: { step: 3 } })).body).toMatchObject({
      stored: false,
      checkpoint: { number: 1 },
    });
    expect((await checkpoint({ key: 'k1', state: 'other' })).body).toMatchObject({ code: 'conflict', path: '/key' });
    expect((await checkpoint({ state: 2 })).body.checkpoint.number).toBe(2);
    const large = await checkpoint({ state: 'x'.repeat(300 * 1024) });
    expect([large.status, large.body]).toMatchObject([413, { code: 'too_large', path: '/state', limit: 256 * 1024 }]);
    expect((await checkpoint({ state: 2 })).body).toMatchObject({ stored: false, checkpoint: { number: 2 } });
    expect((await daemon.call('runtime_checkpoint', { session_id: 'w', number: 1 })).body.state).toEqual({ step: 3 });
    expect((await daemon.call('ccd_state', { command: 'checkpoint', session_id: 'w' })).body).toMatchObject({
      code: 'bad_args',
      path: '/lease_token',
    });
    const stranger = await daemon.call('ccd_state', { command: 'checkpoint', session_id: 'w', lease_token: 'of somebody else' });
    expect(stranger.body).toMatchObject({ code: 'not_held', runtime: { operation: 'evaluate_checkpoint', retry: 'conflict' } });
  });

  test('a handover lets go of the session, and the next one gets it with the checkpoint', async () => {
    const handed = await daemon.call('ccd_state', { command: 'handover', session_id: 'w', lease_token: LEASE, summary: 'go on', state: [1] });
    expect(handed.body).toMatchObject({ session: { state: 'handed_over' }, checkpoint: { kind: 'handover', number: 3, summary: 'go on' } });
    expect((await daemon.call('ccd_state', { command: 'radar', profile: 'work' })).body.waiting).toMatchObject([{ session_id: 'w' }]);
    const taken = await lifecycle({ command: 'takeover-session', session_id: 'w', lease_token: 'the-lease-of-the-next' });
    expect(taken.body).toMatchObject({ session: { generation: 2, state: 'active' }, checkpoint: { kind: 'handover', number: 3 } });
    const exported = (await daemon.call('ccd_state', { command: 'export', session_id: 'w' })).body;
    expect(exported).toMatchObject({ state: [1], session: { session_id: 'w' }, memory: { revision: 0, entries: [] } });
    const more = { lease_token: 'the-lease-of-the-next' };
    for (let at = 4; at <= 6; at++) expect((await checkpoint({ ...more, state: at })).body.checkpoint.number).toBe(at);
    const { checkpoints, next } = (await daemon.call('runtime_checkpoints', { session_id: 'w', limit: 2 })).body;
    expect([checkpoints.map((each: { number: number }) => each.number), next]).toEqual([[6, 5], 5]);
    const rest = (await daemon.call('runtime_checkpoints', { session_id: 'w', before: next })).body;
    expect([rest.checkpoints.map((each: { number: number }) => each.number), rest.next]).toEqual([[4], null]);
  });

  test('context-check says what to read anew', async () => {
    const check = async (more: Record<string, unknown>) =>
      (await daemon.call('ccd_context', { command: 'context-check', session_id: 'w', ...more })).body;
    expect(await check({ checkpoint: 6, generation: 2, memory_revision: 0 })).toMatchObject({ refresh: false, reasons: [], session_state: 'active' });
    expect(await check({ checkpoint: 5, generation: 1, used_tokens: 90, window_tokens: 100 })).toMatchObject({
      ...{ refresh: true, reasons: ['new_checkpoint', 'taken_over', 'window_nearly_full'], checkpoint: 6, generation: 2 },
    });
    await daemon.call('ccd_memory', { command: 'memory-compact', profile: 'work', entries: [{ key: 'a', text: 'b' }] });
    expect((await check({ memory_revision: 0 })).reasons).toEqual(['memory_changed']);
    await lifecycle({ command: 'clear-session', session_id: 'w', lease_token: 'the-lease-of-the-next' });
    expect((await check({})).reasons).toEqual(['session_not_active']);
  });
});

describe('memory', () => {
  const compact = (more: Record<string, unknown>) => daemon.call('ccd_memory', { command: 'memory-compact', profile: 'm', ...more });

  test('is compacted, stored, and the same again changes nothing', async () => {
    const entries = [...['a', 'b', 'a'].map((key, at) => ({ key, text: `text ${at}` })), { key: 'c', text: 'text 1' }];
    const dry = await compact({ entries, dry_run: true });
    expect(dry.body.staged_write).toMatchObject({ outcome: 'applied', revision: 1 });
    expect(dry.body).not.toHaveProperty('write_result');
    expect((await daemon.call('runtime_memory', { profile: 'm' })).body).toMatchObject({ revision: 0, entries: [] });
    const first = await compact({ entries });
    expect(first.body).toMatchObject({
      staged_write: { outcome: 'applied', revision: 1, entries: 2, replaced: 1, repeated: 1 },
      write_result: { revision: 1 },
    });
    const again = await compact({ entries, expected_revision: 0 });
    expect(again.body).toMatchObject({ staged_write: { outcome: 'idempotent_noop', revision: 1 }, write_result: { revision: 1 } });
    const { body } = await daemon.call('runtime_memory', { profile: 'm' });
    expect(body).toMatchObject({
      revision: 1,
      entries: [
        { key: 'a', text: 'text 2' },
        { key: 'c', text: 'text 1' },
      ],
    });
    const late = await compact({ entries: [{ key: 'd', text: 'new' }], expected_revision: 0 });
    expect([late.status, late.body]).toMatchObject([409, { code: 'version_mismatch', revision: 1 }]);
    expect((await compact({ entries: [{ key: 'a', text: '' }], expected_revision: 1 })).body.staged_write).toMatchObject({ revision: 2, removed: 1 });
  });
});
