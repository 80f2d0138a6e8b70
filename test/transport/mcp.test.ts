import { beforeAll, describe, expect, test } from 'bun:test';
import type { Client } from '@modelcontextprotocol/client';
import { runZd, startDaemon, type TestDaemon } from '../helper/daemon';
import { overHttp, overStdio, type Era } from '../helper/mcp';
import { until } from '../helper/until';

const NARROW = 'narrow-token-of-the-tests';
const CONFIG = `[http.tokens]\nnarrow = { token = "${NARROW}", scopes = ["cache.read"] }\n`;

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: CONFIG });
});

const roads: readonly [string, (era: Era, choice?: { allow?: string; only?: string }) => Promise<Client>][] = [
  ['zd mcp', (era, { allow, only } = {}) => overStdio(daemon, era, [...(allow ? ['--allow', allow] : []), ...(only ? ['--only', only] : [])])],
  ['/mcp', (era, choice = {}) => overHttp(daemon, era, `?${new URLSearchParams(choice as Record<string, string>)}`)],
];

const failureOf = (result: object) => (result as { _meta?: Record<string, Record<string, unknown>> })._meta?.['zd/failure'];

for (const [road, connect] of roads)
  for (const era of ['current', 'older'] as const)
    describe(`${road}, ${era} revision`, () => {
      test('every op that only reads is a tool, with its schemas and hints; nothing that writes is', async () => {
        await using client = await closing(connect(era));
        expect(client.it.getServerVersion()).toMatchObject({ name: 'zd' });
        const { tools } = await client.it.listTools();
        const names = tools.map(({ name }) => name);
        expect(names).toContain('cache_get');
        expect(names).not.toContain('cache_put');
        expect(names).toEqual(names.toSorted());
        for (const tool of tools) expect(tool.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
        expect(tools.find(({ name }) => name === 'cache_get')).toMatchObject({
          inputSchema: { type: 'object', required: ['ns', 'key'], additionalProperties: false },
          outputSchema: { type: 'object' },
        });
      });

      test('what writes is offered when its area was allowed, and only that area', async () => {
        await using client = await closing(connect(era, { allow: 'cache', only: 'cache,lock_list' }));
        const names = (await client.it.listTools()).tools.map(({ name }) => name);
        expect(names).toContain('cache_put');
        expect(names).toContain('lock_list');
        expect(names).not.toContain('lock_acquire');
        expect(names).not.toContain('ping');
        const put = await client.it.callTool({ name: 'cache_put', arguments: { ns: 'mcp', key: `${road} ${era}`, value: { deep: [1, 2] } } });
        expect(put.isError ?? false).toBe(false);
        const got = await client.it.callTool({ name: 'cache_get', arguments: { ns: 'mcp', key: `${road} ${era}` } });
        expect(got.structuredContent).toMatchObject({ value: { deep: [1, 2] } });
        expect(JSON.parse((got.content as { text: string }[])[0]!.text)).toEqual(got.structuredContent);
      });

      test('a refusal is a result the model can read', async () => {
        await using client = await closing(connect(era));
        const wrong = await client.it.callTool({ name: 'cache_get', arguments: { ns: 'mcp', key: 5 } });
        expect(wrong.isError).toBe(true);
        expect(failureOf(wrong)).toMatchObject({ code: 'bad_args', path: '/key' });
        const hidden = await client.it.callTool({ name: 'cache_put', arguments: { ns: 'mcp', key: 'k', value: 1 } });
        expect(hidden.isError).toBe(true);
        expect(failureOf(hidden)).toMatchObject({ code: 'tool_not_allowed', hint: expect.stringContaining('--allow cache') });
        const none = await client.it.callTool({ name: 'no_such_tool', arguments: {} });
        expect(failureOf(none)).toMatchObject({ code: 'unknown_op' });
      });

      test('a call that waits ends when the client calls it off or leaves', async () => {
        await using client = await closing(connect(era, { allow: 'lock' }));
        const name = `held ${road} ${era}`;
        const token = (await daemon.call('lock_acquire', { name, ttl_secs: 60 })).body.token;
        const over = new AbortController();
        const waiting = client.it.callTool({ name: 'lock_acquire', arguments: { name, timeout_secs: 60 } }, { signal: over.signal });
        await until('it waits', async () => (await daemon.call('lock_wait_info', { name })).body.waiting === 1);
        // Older revisions over HTTP name a request in another one, which without a session belongs to nobody; there the connection is what ends it.
        if (road === '/mcp' && era === 'older') await client.it.close();
        else over.abort();
        await expect(waiting).rejects.toThrow();
        await until('it waits no more', async () => (await daemon.call('lock_wait_info', { name })).body.waiting === 0);
        await daemon.call('lock_release', { name, token });
      });
    });

describe('over HTTP', () => {
  const post = (body: string, headers: Record<string, string> = {}, path = '/mcp') =>
    daemon.tcp(path, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${daemon.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    });
  const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

  test('a token sees the tools its scopes grant, and calls no other', async () => {
    await using client = await closing(overHttp(daemon, 'older', '?allow=*', NARROW));
    const names = (await client.it.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('cache_get');
    expect(names).not.toContain('cache_put');
    const refused = await client.it.callTool({ name: 'cache_put', arguments: { ns: 'a', key: 'b', value: 1 } });
    expect(failureOf(refused)).toMatchObject({ code: 'scope_denied', required_scope: 'cache.write' });
    expect(JSON.stringify(refused)).not.toContain(NARROW);
  });

  test('without a token, from a foreign page, by a foreign name: refused before the protocol', async () => {
    expect((await daemon.tcp('/mcp', { method: 'POST', body: LIST, headers: { 'content-type': 'application/json' } })).status).toBe(401);
    expect((await post(LIST, { origin: 'http://evil.test' })).status).toBe(403);
    expect((await post(LIST, { host: 'evil.test' })).status).toBe(421);
    expect((await post(LIST, {}, '/mcp?token=x')).status).toBe(401);
    expect((await post(LIST, {}, '/mcp?allowed=x')).status).toBe(400);
    expect((await daemon.tcp('/mcp', { headers: { authorization: `Bearer ${daemon.token}` } })).status).toBe(405);
  });

  test.each([
    ['no JSON', '{"jsonrpc"', 400],
    ['nothing', '', 400],
    ['no UTF-8', '\ud800', 400],
    ['too deep', `${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
    ['too large', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { x: 'x'.repeat(3 << 20) } }), 413],
    ['no message', '{"hello":1}', 400],
  ])('a body with %s is answered in the protocol, and nothing happens', async (_, body, status) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { jsonrpc: string; error: { code: number } };
    expect(answer).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  const CLAIM = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
  const SAID = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'cache_get' };

  test.each([
    ['older', {}, {}],
    ['current', { _meta: CLAIM }, SAID],
  ])('a plain call of the %s revision is answered as the SDK answers it', async (_, more, headers) => {
    await daemon.call('cache_put', { ns: 'mcp', key: 'plain', value: 1 });
    for (const key of ['plain', 'none']) {
      const body = (params: object) =>
        JSON.stringify({
          jsonrpc: '2.0',
          id: 'a',
          method: 'tools/call',
          params: { name: 'cache_get', arguments: { ns: 'mcp', key }, ...more, ...params },
        });
      const answers: unknown[] = [];
      // A member that the protocol does not know takes a call out of the plain form and changes nothing of it.
      for (const params of [{}, { unknown: 1 }]) {
        const text = await (await post(body(params), headers)).text();
        answers.push(JSON.parse(text.replace(/^(event: message\n)?data: /, '').replace(/"request_id":"[^"]+"/, '"request_id":""')));
      }
      expect(answers[0]).toMatchObject({ jsonrpc: '2.0', id: 'a', result: { content: [{ type: 'text' }] } });
      expect(answers[0]).toEqual(answers[1]);
    }
  });

  test('headers that contradict the body of a call are refused', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'cache_get', arguments: {}, _meta: CLAIM } });
    for (const headers of [{ ...SAID, 'mcp-name': 'ping' }, { ...SAID, 'mcp-method': 'tools/list' }, {}])
      expect(await (await post(body, headers as Record<string, string>)).json()).toMatchObject({ error: { code: -32020 } });
  });

  test('a call that takes long is answered in a stream that begins at once, for clients that give up on a silent server', async () => {
    await daemon.call('lock_acquire', { name: 'slow', ttl_secs: 60 });
    const params = { name: 'lock_acquire', arguments: { name: 'slow', timeout_secs: 3 } };
    const response = await post(JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params }), {}, '/mcp?allow=lock');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    expect(text).toStartWith(': keep-alive\n\n');
    expect(JSON.parse(text.slice(text.indexOf('data: ') + 6))).toMatchObject({ id: 9, result: { isError: true } });
  });

  test('another content type is refused', async () => {
    expect((await post(LIST, { 'content-type': 'text/plain' })).status).toBe(415);
  });
});

describe('zd mcp', () => {
  test('says in the protocol that the daemon is down, and goes on when it is back', async () => {
    const own = await startDaemon();
    await using client = await closing(overStdio(own, 'older'));
    await own.stop();
    await expect(client.it.callTool({ name: 'ping', arguments: {} })).rejects.toThrow('zd up');
    await own.restart();
    expect((await client.it.callTool({ name: 'ping', arguments: {} })).isError ?? false).toBe(false);
  });

  test('what was asked before the end of the input is still answered', async () => {
    const { stdout, code } = await runZd(daemon.home, ['mcp', '--only', 'ping'], { stdin: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { tools: [{ name: 'ping' }] } });
  });

  test('a line that is not JSON gets an error and disturbs nobody', async () => {
    const { stdout, code } = await runZd(daemon.home, ['mcp'], { stdin: 'garbage\n\n{"jsonrpc":"2.0","id":7,"method":"nothing/such"}\n' });
    expect(code).toBe(0);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: unknown; error: { code: number } });
    expect(answers[0]).toMatchObject({ id: null, error: { code: -32700 } });
    expect(answers[1]).toMatchObject({ id: 7, error: { code: -32601 } });
  });
});

async function closing(connecting: Promise<Client>): Promise<{ readonly it: Client } & AsyncDisposable> {
  const it = await connecting;
  return { it, [Symbol.asyncDispose]: () => it.close() };
}
