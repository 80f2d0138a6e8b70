import { readEvents } from '../../kernel/event_stream';
import type { OpenaiAgent } from './agent';
import { AgentFault, type Driver, type DriverHost, type TurnEnd } from './driver';
import { OpenaiUpdates, type Chunk } from './openai_update';

/** Of an answer that is an error, so much is read and told. */
const ERROR_BYTES = 64 * 1024;
const ERROR_CHARS = 1000;
/** Longest single event of the stream. */
const EVENT_BYTES = 4 * 1024 * 1024;

/** A model behind an endpoint with the chat completions of OpenAI. It keeps nothing, so every turn sends what was said. */
export class OpenaiDriver implements Driver {
  readonly pid = null;
  readonly starting = false;
  private closed = false;

  constructor(
    private readonly spec: OpenaiAgent,
    private readonly host: DriverHost,
  ) {}

  async run(text: string, signal: AbortSignal): Promise<TurnEnd> {
    const { row, conversation } = this.host;
    const { model, system } = { model: row().model ?? this.spec.model, system: row().system ?? this.spec.system };
    const messages = [...(system === null ? [] : [{ role: 'system', content: system }]), ...conversation(), { role: 'user', content: text }];
    const response = await this.ask({ model, messages, stream: true, stream_options: { include_usage: true } }, signal);
    const updates = new OpenaiUpdates(model, (update) => this.host.put(update));
    try {
      for await (const { data } of readEvents(bounded(response.body as unknown as AsyncIterable<Uint8Array>))) {
        if (this.closed) throw new AgentFault('closed', 'The agent was ended.');
        if (data === '[DONE]') return { stopReason: updates.end() };
        updates.take(parse(data), data);
        await this.host.ready();
      }
    } catch (error) {
      if (error instanceof AgentFault) throw error;
      throw new AgentFault('unreachable', `The answer broke off: ${this.safe(error)}`);
    }
    // Some endpoints leave the last line out.
    if (updates.finished) return { stopReason: updates.end() };
    throw new AgentFault('unreachable', 'The answer broke off before it was complete.');
  }

  private async ask(body: unknown, signal: AbortSignal): Promise<Response> {
    const { base_url, api_key_env } = this.spec;
    const key = api_key_env === null ? null : process.env[api_key_env];
    if (api_key_env !== null && !key) throw new AgentFault('start_failed', `The variable ${api_key_env} with the key is not set for zd.`);
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...(key ? { authorization: `Bearer ${key}` } : {}) };
    let response: Response;
    try {
      // A redirect could take the key somewhere else.
      response = await fetch(`${base_url}/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body), signal, redirect: 'error' });
    } catch (error) {
      throw new AgentFault('unreachable', `${new URL(base_url).host} cannot be reached: ${this.safe(error)}`);
    }
    if (response.ok && response.body && /^text\/event-stream/i.test(response.headers.get('content-type') ?? '')) return response;
    const told = await beginning(response, ERROR_BYTES);
    const what = response.ok ? 'answered without a stream' : `answered ${response.status}`;
    throw new AgentFault('refused', `${new URL(base_url).host} ${what}: ${this.safe(errorOf(told))}`);
  }

  /** What an endpoint says may repeat the key. */
  private safe(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const key = this.spec.api_key_env === null ? '' : (process.env[this.spec.api_key_env] ?? '');
    return (key === '' ? text : text.replaceAll(key, '***')).slice(0, ERROR_CHARS);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function parse(data: string): Chunk {
  try {
    const chunk: unknown = JSON.parse(data);
    if (typeof chunk === 'object' && chunk !== null) return chunk as Chunk;
  } catch {
    // Told below.
  }
  throw new AgentFault('protocol', 'The endpoint sent an event that is no JSON object.');
}

/** An endpoint that never ends an event would fill the memory. */
async function* bounded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(10);
    held = end === -1 ? held + chunk.length : chunk.length - end;
    if (held > EVENT_BYTES) throw new AgentFault('protocol', `The endpoint sent an event of more than ${EVENT_BYTES} bytes.`);
    yield chunk;
  }
}

async function beginning(response: Response, bytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    parts.push(chunk);
    held += chunk.length;
    if (held >= bytes) break;
  }
  return Buffer.concat(parts).subarray(0, bytes).toString();
}

/** `{error: {message}}` is what most endpoints send. */
function errorOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } | string };
    if (typeof error === 'string') return error;
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // Then as it is.
  }
  return text;
}
