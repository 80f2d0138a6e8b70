import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';
import { until } from '../helper/until';
import { ViewerClient } from '../helper/viewer';

const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });
let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({
    config: [
      '[http]\nallowed_origins = ["https://app.example"]',
      '[http.tokens]\nfull = "full-token-0123456789"',
      'reader = { token = "reader-token-0123456789", scopes = ["session.read"] }',
      'blind = { token = "blind-token-0123456789", scopes = ["cache.*"] }',
      '[session]\nframe_bytes = 4096',
      scripted('agent'),
    ].join('\n'),
  });
});
const { open } = sessionCalls(() => daemon);
const look = (id: string, more = {}) => ViewerClient.open(daemon, { query: `?session=${id}`, ...more });

describe('what is wrong', () => {
  test('is told to its sender alone, and harms nobody', async () => {
    const id = await open('agent');
    const [client, other] = [await look(id), await look(id)];
    const errors = () => client.frames.filter(({ type }) => type === 'error');
    const bad = ['{', '[]', '42', '{"type":5}', '{}', '{"type":"message"}', '{"type":"message","content":""}', '{"type":"command","name":"model"}'];
    for (const frame of [...bad, '{"type":"answer","approval_id":"a","decision":"perhaps"}']) client.send(frame);
    client.ws.send(new Uint8Array([1, 2, 3]));
    await until('the errors', () => errors().length === bad.length + 2);
    expect(new Set(errors().map(({ code }) => code))).toEqual(new Set(['invalid_frame']));
    client.send('{"type":"dance","req_id":"d"}');
    expect(await client.sees('unknown', ({ req_id }) => req_id === 'd')).toMatchObject({ type: 'error', code: 'unknown_frame' });
    const big = JSON.stringify({ type: 'message', content: 'x'.repeat(4096) });
    client.send(big);
    expect(await client.sees('too large', ({ code }) => code === 'too_large')).toMatchObject({
      type: 'error',
      message: `Message too large: ${big.length} bytes exceeds limit of 4096 bytes`,
    });
    expect(await client.ask({ type: 'message', content: 'say:fine', unheard_of: 1 })).toMatchObject({ type: 'ack' });
    await Promise.all([client, other].map((each) => each.ended(`${id}.1`)));
    expect(other.frames.filter(({ type }) => type === 'error')).toEqual([]);
    for (const each of [client, other]) each.close();
  });
});

describe('the address', () => {
  test('is shared with calls: a first frame with a type makes a viewer, frames with an op stay calls', async () => {
    const client = await ViewerClient.open(daemon);
    client.send({ id: 1, op: 'ping' });
    expect(await client.sees('pong', ({ id }) => id === 1)).toMatchObject({ ok: true });
    expect(await client.ask({ type: 'status' })).toMatchObject({ type: 'status', session_id: 'default', agent: 'agent' });
    client.send({ id: 2, op: 'ping' });
    expect(await client.sees('pong', ({ id }) => id === 2)).toMatchObject({ ok: true });
    const [second, third] = [await ViewerClient.open(daemon, { protocols: ['zd.session'] }), await ViewerClient.open(daemon, { query: '?session=' })];
    expect(second.ws.protocol).toBe('zd.session');
    for (const each of [second, third]) expect(await each.ask({ type: 'status' })).toMatchObject({ session_id: 'default' });
    for (const each of [client, second, third]) each.close();
  });

  test('takes a token by header or subprotocol, never in the address, and asks for the origin and the scope', async () => {
    const id = await open('agent');
    const query = `?session=${id}`;
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const refusal = async (path: string, headers: Record<string, string>) => {
      const response = await daemon.tcp(path, { headers: { ...upgrade, ...headers } });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await refusal(`/ws${query}`, {})).toEqual([401, 'unauthorized']);
    expect(await refusal(`/ws${query}&token=full-token-0123456789`, bearer('full'))).toEqual([401, 'unauthorized']);
    expect(await refusal(`/ws${query}`, bearer('blind'))).toEqual([403, 'scope_denied']);
    expect((await refusal(`/ws${query}`, { ...bearer('full'), origin: 'https://evil.example' }))[0]).toBe(403);
    expect(await refusal('/ws?session=nobody', bearer('full'))).toEqual([404, 'no_such_session']);
    const page = await ViewerClient.open(daemon, {
      ...{ tcp: true, query, headers: { origin: 'https://app.example' } },
      protocols: ['zd.session', 'bearer.full-token-0123456789'],
    });
    expect(await page.ask({ type: 'message', content: 'say:page' })).toMatchObject({ type: 'ack' });
    await page.ended(`${id}.1`);
    expect(page.transcript[0]).toMatchObject({ type: 'user', by: 'full' });
    const reader = await ViewerClient.open(daemon, { tcp: true, query, headers: bearer('reader') });
    expect(await reader.ask({ type: 'status' })).toMatchObject({ type: 'status', session_id: id });
    for (const frame of [{ type: 'message', content: 'say:no' }, { type: 'cancel' }, { type: 'command', name: 'model', args: 'x' }])
      expect(await reader.ask(frame)).toMatchObject({ type: 'error', code: 'scope_denied' });
    const blind = await ViewerClient.open(daemon, { tcp: true, headers: bearer('blind') });
    expect(await blind.ask({ type: 'attach', session: id })).toMatchObject({ type: 'error', code: 'scope_denied' });
    for (const client of [page, reader, blind]) client.close();
  });
});
