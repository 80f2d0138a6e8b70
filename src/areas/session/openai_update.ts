import type { Update } from './driver';

/** A chunk of a streamed chat completion; every member may be missing or something else. */
export interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: unknown;
      /** As several endpoints call what a model thinks. */
      readonly reasoning_content?: unknown;
      readonly reasoning?: unknown;
      readonly tool_calls?: readonly {
        readonly index?: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  } | null;
  readonly model?: string;
  readonly error?: { readonly message?: string };
}

const STOP_REASONS: Readonly<Record<string, string>> = { stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal', tool_calls: 'tool_use' };

/** Translates the chunks of one answer into the one vocabulary. */
export class OpenaiUpdates {
  private reason: string | null = null;
  private readonly tools = new Map<number, { id: string; name: string; text: string }>();

  constructor(
    private readonly model: string,
    private readonly put: (update: Update) => void,
  ) {}

  /** It has said why it ends. */
  get finished(): boolean {
    return this.reason !== null;
  }

  take(chunk: Chunk, raw: string): void {
    let line: string | undefined = raw;
    const put = (update: Update) => {
      this.put(line === undefined ? update : { ...update, raw: line });
      line = undefined;
    };
    const choice = chunk.choices?.[0];
    const { content, reasoning_content, reasoning, tool_calls } = choice?.delta ?? {};
    const thinking = reasoning_content ?? reasoning;
    if (typeof thinking === 'string' && thinking !== '') put({ type: 'thinking', data: { content: thinking } });
    if (typeof content === 'string' && content !== '') put({ type: 'text', data: { content } });
    for (const call of Array.isArray(tool_calls) ? tool_calls : [])
      if (call) this.tool(call.index ?? 0, call.id, call.function?.name, call.function?.arguments, put);
    if (typeof choice?.finish_reason === 'string') this.reason = STOP_REASONS[choice.finish_reason] ?? choice.finish_reason;
    if (chunk.error) put({ type: 'notice', data: { text: String(chunk.error.message ?? 'The endpoint sent an error.') } });
    if (!chunk.usage) return;
    const { prompt_tokens = 0, completion_tokens = 0, prompt_tokens_details } = chunk.usage;
    const cache_read = prompt_tokens_details?.cached_tokens ?? null;
    put({ type: 'usage', data: { input_tokens: prompt_tokens, output_tokens: completion_tokens, cache_read, model: chunk.model ?? this.model } });
  }

  private tool(index: number, id: string | undefined, name: string | undefined, text: string | undefined, put: (update: Update) => void): void {
    let tool = this.tools.get(index);
    if (!tool) {
      tool = { id: id ?? `call_${index}`, name: name ?? 'tool', text: '' };
      this.tools.set(index, tool);
      put({ type: 'tool_use_start', data: { tool_id: tool.id, tool_name: tool.name } });
    }
    if (typeof text !== 'string' || text === '') return;
    tool.text += text;
    put({ type: 'tool_use_delta', data: { tool_id: tool.id, delta: text } });
  }

  /** Tools are whole now. */
  end(): string {
    for (const { id, name, text } of this.tools.values())
      this.put({ type: 'tool_use', data: { tool_id: id, tool_name: name, input: inputOf(text) } });
    this.tools.clear();
    return this.reason ?? 'end_turn';
  }
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return text;
  }
}
