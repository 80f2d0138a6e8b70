import { beforeAll, describe, expect, test } from 'bun:test';
import { areas } from '../../src/areas';
import { ADVERTISED, ROUTES } from '../../src/areas/runtime/families';
import { Registry } from '../../src/kernel/registry';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { agentOf, hearRuntime, LEASE, ULID } from '../helper/runtime_rig';
import { overStdio } from '../helper/mcp';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: '[runtime]\npayload_bytes = 2000\n' });
});

describe('events of MCP calls', () => {
  test('each route of the table gives its event, and the advertised families are exactly those with one', async () => {
    const registry = new Registry(areas);
    for (const { tool, command } of ROUTES) {
      const schema = registry.ops.get(tool)!.input.properties.command as { const?: string; anyOf?: { const: string }[] };
      expect([command, schema.anyOf?.map((each) => each.const) ?? [schema.const]]).toEqual([command, expect.arrayContaining([command])]);
    }
    await using agent = await agentOf(daemon);
    const advertised = (await agent.call('runtime_families', {})).body.families as { family: string; routes: unknown[] }[];
    expect(advertised.map(({ family }) => family)).toEqual([
      'runtime.status',
      'runtime.approval_required',
      'runtime.checkpoint',
      'runtime.memory_compaction',
    ]);
    expect(advertised.flatMap(({ routes }) => routes)).toHaveLength(ROUTES.length);
    const heard = await hearRuntime(daemon);
    const session = { session_id: 'mcp', profile: 'p', lease_token: LEASE };
    const calls: readonly (readonly [string, Record<string, unknown>])[] = [
      ['ccd_session_lifecycle', { command: 'start-session', ...session }],
      ['ccd_session_lifecycle', { command: 'heartbeat-session', ...session }],
      ['ccd_context', { command: 'context-check', session_id: 'mcp' }],
      ['ccd_state', { command: 'checkpoint', ...session, state: 1 }],
      ['ccd_state', { command: 'handover', ...session, state: 2 }],
      ['ccd_session_lifecycle', { command: 'takeover-session', ...session }],
      ['ccd_state', { command: 'policy-check', tool: 'Bash', arguments: { command: 'ls' }, ask: true, profile: 'p' }],
      ['ccd_memory', { command: 'memory-compact', profile: 'p', entries: [{ key: 'k', text: 'v' }] }],
      ['ccd_session_lifecycle', { command: 'clear-session', ...session }],
    ];
    const live = new Set<string>();
    for (const [tool, args] of calls) {
      const { ok, body } = await agent.call(tool, { ...args, runtime: { request_id: `r-${args.command as string}`, trace_id: 't1' } });
      expect([args.command, ok, body.code]).toEqual([args.command, true, undefined]);
      const { id, event, data } = await heard.next();
      const route = ROUTES.find((each) => each.tool === tool && each.command === args.command)!;
      expect([id, event]).toEqual([expect.any(String), 'runtime']);
      expect(data).toMatchObject({ event_id: expect.stringMatching(ULID), family: route.family, kind: route.kind, profile: 'p' });
      expect(Object.keys(data)).toEqual(['event_id', 'family', 'kind', 'profile', 'timestamp', 'runtime', 'payload']);
      expect(new Date(data.timestamp).toISOString()).toBe(data.timestamp);
      const { runtime, lease_token: _, ...payload } = body;
      expect({ ...data.payload, ...(body.session ? { session: payload.session } : {}) }).toEqual(payload);
      expect(data.runtime).toMatchObject({ ...runtime, duration_ms: expect.any(Number) });
      expect(runtime).toMatchObject({
        request_id: `r-${args.command as string}`,
        trace_id: 't1',
        operation: route.operation,
        tool,
        command: args.command,
      });
      expect(runtime).toMatchObject({ status: 'ok', schema_version: 1 });
      expect(JSON.stringify(data)).not.toContain(LEASE);
      live.add(data.family);
    }
    heard.close();
    expect([...live].toSorted()).toEqual([...ADVERTISED].toSorted());
  });

  test('also over zd mcp, in the older revision', async () => {
    const client = await overStdio(daemon, 'older', ['--allow', 'runtime']);
    const heard = await hearRuntime(daemon, '?family=runtime.status');
    const started = await client.callTool({ name: 'ccd_session_lifecycle', arguments: { command: 'start-session', session_id: 'stdio' } });
    expect(started.structuredContent).toMatchObject({ profile: 'unknown', runtime: { session_id: 'stdio', operation: 'start_session' } });
    expect((await heard.next()).data).toMatchObject({ kind: 'start_session', profile: 'unknown', runtime: { session_id: 'stdio' } });
    heard.close();
    await client.close();
  });

  test('what the table leaves out gives none: other tools, other commands, an allow, a repetition, a dry run, a failure', async () => {
    await using agent = await agentOf(daemon);
    const entries = [{ key: 'x', text: 'y' }];
    await agent.call('ccd_memory', { command: 'memory-compact', profile: 'q', entries });
    const heard = await hearRuntime(daemon);
    await agent.call('ping', {});
    await agent.call('ccd_state', { command: 'radar' });
    expect((await agent.call('ccd_state', { command: 'policy-check', tool: 'ping' })).body.decision).toBe('allow');
    expect((await agent.call('ccd_memory', { command: 'memory-compact', profile: 'q', entries })).body.staged_write.outcome).toBe('idempotent_noop');
    await agent.call('ccd_memory', { command: 'memory-compact', profile: 'q', entries: [{ key: 'z', text: 'z' }], dry_run: true });
    await agent.call('ccd_session_lifecycle', { command: 'heartbeat-session', session_id: 'none', lease_token: LEASE });
    await agent.call('ccd_context', { command: 'context-check', profile: 'the end' });
    expect((await heard.next()).data.profile).toBe('the end');
    heard.close();
  });

  test('a bad runtime request is refused before the tool runs', async () => {
    await using agent = await agentOf(daemon);
    for (const runtime of [5, { request_id: 7 }, { other: 1 }, { schema_version: 2 }, { request_id: '' }, { session_id: 'another' }]) {
      const { ok, body } = await agent.call('ccd_session_lifecycle', { command: 'start-session', session_id: 'bad', runtime });
      expect([ok, body.code, body.path.startsWith('/runtime')]).toEqual([false, 'bad_args', true]);
    }
    expect((await daemon.call('ccd_context', { command: 'context-check', session_id: 'bad' })).body.code).toBe('no_such_session');
  });

  test('a payload over the bound lacks its largest members, and says which', async () => {
    const heard = await hearRuntime(daemon, '?family=runtime.status&profile=large');
    const title = 'x'.repeat(1000);
    await daemon.call('ccd_session_lifecycle', { command: 'start-session', session_id: 'large', profile: 'large', title, cwd: '/y'.repeat(1000) });
    const { payload } = (await heard.next()).data;
    expect(payload).toMatchObject({ profile: 'large', session: { truncated: true, bytes: expect.any(Number) }, truncated: ['session'] });
    heard.close();
  });

  test('the stream resumes by id, begins where it is told, and takes families alone', async () => {
    const heard = await hearRuntime(daemon, '?since=earliest');
    const [first, second] = [await heard.next(), await heard.next()];
    heard.close();
    await daemon.restart();
    const resumed = await hearRuntime(daemon, '', { 'last-event-id': first.id! });
    expect(await resumed.next()).toEqual(second);
    resumed.close();
    const narrow = await hearRuntime(daemon, '?since=earliest&family=runtime.checkpoint&family=runtime.memory_compaction');
    for (let at = 0; at < 3; at++) expect((await narrow.next()).data.family).toMatch(/^runtime\.(checkpoint|memory_compaction)$/);
    narrow.close();
    expect((await daemon.fetch('/stream/runtime?family=runtime.other')).status).toBe(400);
    expect((await daemon.fetch('/stream/runtime?since=whenever')).status).toBe(400);
  });

  test('every call is told of with its duration as public observability events, also one that fails', async () => {
    await using agent = await agentOf(daemon);
    await agent.call('ccd_state', { command: 'radar' });
    await agent.call('cache_get', { ns: 'none', key: 5 });
    await agent.call('no_such_tool', {});
    const events = await until('six events', async () => {
      const { events: found } = (await (await daemon.fetch('/api/events/history?types=tool_call_start,tool_call')).json()) as { events: any[] };
      return found.length >= 6 && found.at(-1).tool === 'no_such_tool' && found.at(-1).type === 'tool_call' ? found.slice(-6) : null;
    });
    expect(events[0].tool_call_id).toBe(events[1].tool_call_id);
    expect(Number.isInteger(events[1].duration_ms)).toBe(true);
    const base = { source: 'observability', visibility: 'public', timestamp: expect.stringMatching(/\+00:00$/), tool_call_id: expect.any(String) };
    const ended = { type: 'tool_call', duration_ms: expect.any(Number) };
    expect(events).toMatchObject([
      { ...base, type: 'tool_call_start', tool: 'ccd_state', command: 'radar' },
      { ...base, ...ended, tool: 'ccd_state', success: true },
      { ...base, type: 'tool_call_start', tool: 'cache_get' },
      { ...base, ...ended, tool: 'cache_get', success: false, error_code: 'bad_args' },
      { ...base, type: 'tool_call_start', tool: 'no_such_tool' },
      { ...base, ...ended, tool: 'no_such_tool', success: false, error_code: 'unknown_op' },
    ]);
  });
});
