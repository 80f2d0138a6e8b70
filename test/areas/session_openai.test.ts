import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { openaiServer } from '../helper/openai_server';
import { sessionCalls, textOf } from '../helper/sessions';
import { until } from '../helper/until';

const KEY = 'sk-very-secret-key-1234567890';
const endpoint = openaiServer();
let daemon: TestDaemon;
beforeAll(async () => {
  const model = (name: string, more: string) => `[agents.${name}]\ndriver = "openai"\nbase_url = "${endpoint.url}/"\nmodel = "m-1"\n${more}\n`;
  daemon = await startDaemon({
    env: { MODEL_KEY: KEY },
    config: `${model('model', 'api_key_env = "MODEL_KEY"\nsystem = "Be brief."')}${model('keyless', '')}${model('unset', 'api_key_env = "NO_SUCH_VARIABLE"')}
[agents.nowhere]\ndriver = "openai"\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "m-1"`,
  });
});
afterAll(() => endpoint.stop());
const { ok, refused, open, say, begin, told } = sessionCalls(() => daemon);

describe('a model behind an endpoint', () => {
  test('is streamed, with what it thinks, what it would call and what it used', async () => {
    const id = await open('model');
    expect(await say(id, 'think:one two')).toMatchObject({ answer: 'one two ', stop_reason: 'end_turn' });
    expect(await say(id, 'tool:')).toMatchObject({ stop_reason: 'end_turn' });
    expect(await say(id, 'long:x')).toMatchObject({ stop_reason: 'max_tokens' });
    const events = await told(id, { raw: true });
    expect(textOf(events, 'thinking')).toBe('hm');
    expect(events.find(({ type }) => type === 'tool_use')!.data).toMatchObject({ tool_id: 'c1', tool_name: 'search', input: { q: 'x' } });
    expect(events.find(({ type }) => type === 'usage')!.data).toEqual({ input_tokens: 7, output_tokens: 3, cache_read: 2, model: 'm-1' });
    expect(await ok('session_info', { id })).toMatchObject({ input_tokens: 21, output_tokens: 9, model: 'm-1', pid: null });
    expect(JSON.parse(events.find(({ type }) => type === 'text')!.raw![0]!)).toMatchObject({ choices: [{ delta: { content: 'one ' } }] });
  });

  test('is sent what was said before, the system prompt and the key', async () => {
    const id = await open('model', { model: 'm-2' });
    await say(id, 'say:hello');
    await say(id, 'say:again');
    expect(endpoint.asked.at(-1)).toEqual({
      authorization: `Bearer ${KEY}`,
      body: {
        ...{ model: 'm-2', stream: true, stream_options: { include_usage: true } },
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'say:hello' },
          { role: 'assistant', content: 'hello ' },
          { role: 'user', content: 'say:again' },
        ],
      },
    });
    const keyless = await open('keyless');
    await say(keyless, 'say:x');
    expect(endpoint.asked.at(-1)).toMatchObject({ authorization: null, body: { messages: [{ role: 'user', content: 'say:x' }] } });
  });

  test('that refuses, redirects, breaks off or sends something else ends the turn with a reason, and the key is in none', async () => {
    const id = await open('model');
    const reasons: Record<string, string> = {
      ...{ refuse: 'refused', redirect: 'unreachable', page: 'refused', garbage: 'protocol', endless: 'protocol', break: 'unreachable' },
    };
    for (const [what, reason] of Object.entries(reasons)) expect([what, (await say(id, what)).error.reason]).toEqual([what, reason]);
    expect((await told(id)).find(({ type }) => type === 'error')!.data.message).toContain('answered 401: Incorrect API key provided: Bearer ***');
    expect((await say(await open('nowhere'), 'x')).error.reason).toBe('unreachable');
    expect((await say(id, 'say:fine')).answer).toBe('fine ');
    expect(JSON.stringify(await told(id, { raw: true }))).not.toContain(KEY);
    expect(daemon.log()).not.toContain(KEY);
    expect((await daemon.zd('config', 'show')).stdout).not.toContain(KEY);
  });

  test('without its key opens no session', async () => {
    expect(await refused('session_new', { agent: 'unset', cwd: '/' })).toEqual([502, 'agent_failed']);
  });

  test('is cancelled in the middle of an answer', async () => {
    const id = await open('model');
    await begin(id, 'hang');
    await until('it answers', async () => textOf(await told(id)) === 'waiting');
    expect(await ok('session_cancel', { id })).toMatchObject({ cancelled: true });
    expect((await told(id)).at(-1)!.data).toMatchObject({ stop_reason: 'cancelled' });
  });
});
