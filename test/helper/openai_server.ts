/** An endpoint with the chat completions of OpenAI that does what the last message says. Requests are kept. */
export interface Asked {
  readonly authorization: string | null;
  readonly body: any;
}

export function openaiServer() {
  const asked: Asked[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const body = (await request.json()) as any;
      const authorization = request.headers.get('authorization');
      asked.push({ authorization, body });
      const text: string = body.messages.at(-1).content;
      const [what, argument = ''] = text.split(':');
      if (what === 'refuse') return Response.json({ error: { message: `Incorrect API key provided: ${authorization}` } }, { status: 401 });
      if (what === 'redirect') return new Response(null, { status: 302, headers: { location: '/elsewhere' } });
      if (what === 'page') return new Response('<html>'.repeat(100_000), { headers: { 'content-type': 'text/html' } });
      return new Response(stream(what!, argument, request.signal), { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  return { asked, url: `http://127.0.0.1:${server.port}/v1`, stop: () => server.stop(true) };
}

const delta = (fields: object, finish: string | null = null) => ({ model: 'm-1', choices: [{ index: 0, delta: fields, finish_reason: finish }] });
const usage = { choices: [], model: 'm-1', usage: { prompt_tokens: 7, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } } };

function stream(what: string, argument: string, signal: AbortSignal): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      const line = (data: unknown) => controller.enqueue(text.encode(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`));
      if (what === 'garbage') line('this is no JSON');
      else if (what === 'endless') for (let n = 0; n < 100 && !signal.aborted; n++) controller.enqueue(text.encode('x'.repeat(64 * 1024)));
      else if (what === 'break') line(delta({ content: 'half' }));
      else if (what === 'hang') {
        line(delta({ content: 'waiting' }));
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } else {
        if (what === 'think') line(delta({ reasoning_content: 'hm' }));
        if (what === 'tool') {
          line(delta({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'search', arguments: '{"q":' } }] }));
          line(delta({ tool_calls: [{ index: 0, function: { arguments: '"x"}' } }] }));
        }
        for (const word of argument.split(' ')) line(delta({ content: `${word} ` }));
        line(delta({}, what === 'long' ? 'length' : 'stop'));
        line(usage);
        line('[DONE]');
      }
      if (!signal.aborted) controller.close();
    },
  });
}
