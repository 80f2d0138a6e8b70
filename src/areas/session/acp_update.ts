import { isObject } from '../../kernel/json';
import type { Update } from './driver';

type Json = Readonly<Record<string, unknown>>;

/** Characters of a result that an event holds; the line it came in is kept whole beside it. */
const RESULT_CHARS = 256 * 1024;

interface Tool {
  name: string;
  kind: unknown;
  /** Its input was told. */
  used: boolean;
  /** What of its result was told already. */
  shown: string;
  input: unknown;
  content: unknown;
  output: unknown;
}

/** Translates what an agent says in the Agent Client Protocol into the one vocabulary. Remembers the tools of a turn, since their updates are partial. */
export class AcpUpdates {
  private readonly tools = new Map<string, Tool>();
  /** What the session has cost so far, as the agent says. */
  private cost = 0;

  /** `raw` is the line, kept behind the first of the events. */
  translate(update: unknown, raw: string): Update[] {
    const events = isObject(update) ? this.events(update) : [unknown({ update })];
    return events.map((event, at) => (at === 0 ? { ...event, raw } : event));
  }

  /** A turn is over: nothing of its tools comes any more. */
  reset(): void {
    this.tools.clear();
  }

  /** What is known of a tool of this turn: a later message may name nothing but its id. */
  find(toolId: string): { readonly name: string; readonly kind: string | null; readonly input: unknown } | null {
    const tool = this.tools.get(toolId);
    return tool ? { name: tool.name, kind: typeof tool.kind === 'string' ? tool.kind : null, input: tool.input } : null;
  }

  private events(update: Json): Update[] {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        return [{ type: 'text', data: piece(update) }];
      case 'agent_thought_chunk':
        return [{ type: 'thinking', data: piece(update) }];
      case 'user_message_chunk':
        return [{ type: 'info', data: { user_message: textOf(update.content) } }];
      case 'tool_call':
      case 'tool_call_update':
        return typeof update.toolCallId === 'string' ? this.tool(update.toolCallId, update) : [unknown({ update })];
      case 'plan':
        return [{ type: 'plan', data: { entries: update.entries ?? [] } }];
      case 'available_commands_update':
        return [{ type: 'commands', data: { commands: update.availableCommands ?? [] } }];
      case 'current_mode_update':
        return [{ type: 'mode', data: { mode: update.currentModeId ?? null } }];
      case 'config_option_update':
      case 'session_info_update':
      case 'compaction_update':
      case 'compaction_summary_chunk':
        return [{ type: 'info', data: { ...update } }];
      case 'usage_update':
        return [{ type: 'usage', data: this.usage(update) }];
      case 'notice':
        return [{ type: 'notice', data: { text: [update.title, update.description].filter(Boolean).join(': '), severity: update.severity ?? null } }];
      default:
        return [unknown({ update })];
    }
  }

  private usage(update: Json): Json {
    const { amount, currency } = isObject(update.cost) ? update.cost : {};
    const total = typeof amount === 'number' && Number.isFinite(amount) ? amount : this.cost;
    const cost = Math.max(0, total - this.cost);
    this.cost = total;
    return {
      input_tokens: 0,
      output_tokens: 0,
      context_used: update.used ?? null,
      context_size: update.size ?? null,
      cost,
      currency: currency ?? null,
    };
  }

  /** Every field but the id is optional, and arrays replace what was there. */
  private tool(tool_id: string, update: Json): Update[] {
    const events: Update[] = [];
    let tool = this.tools.get(tool_id);
    if (!tool) {
      tool = { name: 'tool', kind: null, used: false, shown: '', input: undefined, content: undefined, output: undefined };
      this.tools.set(tool_id, tool);
      tool.name = String(update.name ?? update.title ?? 'tool');
      tool.kind = update.kind ?? null;
      events.push({ type: 'tool_use_start', data: { tool_id, tool_name: tool.name, kind: tool.kind, title: update.title ?? null } });
    }
    if (update.rawInput !== undefined && update.rawInput !== null) tool.input = update.rawInput;
    if (update.content !== undefined && update.content !== null) tool.content = update.content;
    if (update.rawOutput !== undefined && update.rawOutput !== null) tool.output = update.rawOutput;
    const over = update.status === 'completed' || update.status === 'failed';
    if (!tool.used && (tool.input !== undefined || over)) {
      tool.used = true;
      const { name: tool_name, kind, input = {} } = tool;
      events.push({ type: 'tool_use', data: { tool_id, tool_name, input, kind, locations: update.locations ?? [] } });
    }
    const text = resultOf(tool);
    if (over) {
      this.tools.delete(tool_id);
      events.push({ type: 'tool_result', data: { tool_id, tool_name: tool.name, result: bounded(text), failed: update.status === 'failed' } });
    } else if (text.length > tool.shown.length && text.startsWith(tool.shown)) {
      events.push({ type: 'tool_result_delta', data: { tool_id, delta: text.slice(tool.shown.length) } });
      tool.shown = text;
    }
    // Nothing new to say, but it was said: a title, a status.
    if (events.length === 0) events.push({ type: 'info', data: { tool_id, status: update.status ?? null, title: update.title ?? null } });
    return events;
  }
}

export const unknown = (data: Json): Update => ({ type: 'acp.unknown', data });

const piece = (update: Json): Json => ({
  content: textOf(update.content),
  ...(typeof update.messageId === 'string' ? { message_id: update.messageId } : {}),
});

/** A block of content as text, for viewers that show nothing else. */
function textOf(block: unknown): string {
  if (!isObject(block)) return '';
  if (typeof block.text === 'string') return block.text;
  if (block.type === 'resource_link') return `[${String(block.name ?? 'resource')}](${String(block.uri ?? '')})`;
  if (block.type === 'resource' && isObject(block.resource))
    return typeof block.resource.text === 'string' ? block.resource.text : `[${String(block.resource.uri ?? 'resource')}]`;
  return `[${String(block.type ?? 'content')}${typeof block.mimeType === 'string' ? ` ${block.mimeType}` : ''}]`;
}

function resultOf({ content, output }: Tool): string {
  const items = Array.isArray(content) ? content.filter(isObject) : [];
  if (items.length > 0) return items.map(itemText).join('\n');
  if (output === undefined) return '';
  return typeof output === 'string' ? output : JSON.stringify(output);
}

function itemText(item: Json): string {
  if (item.type === 'content') return textOf(item.content);
  if (item.type === 'diff') return `[changed ${String(item.path)}]`;
  return `[${String(item.type)}]`;
}

const bounded = (text: string): string =>
  text.length <= RESULT_CHARS ? text : `${text.slice(0, RESULT_CHARS)}\n[${text.length - RESULT_CHARS} more characters]`;
