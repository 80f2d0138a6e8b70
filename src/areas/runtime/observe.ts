import { CODES } from '../../kernel/codes';
import type { EventDraft, EventService } from '../../kernel/context';
import type { Logger } from '../../kernel/log';
import type { ToolCall, ToolOutcome } from '../../kernel/tool';
import type { Durability } from '../../storage/db';
import { commandOf } from './policy_model';

/** The source, and the kind, of what reports on agents at work. */
const OBSERVABILITY = 'observability';
/** Events of calls that follow each other closely are stored together, so that telling of a small call does not cost more than the call. */
const TOGETHER_MS = 10;

/** Every tool call as events: `tool_call_start` when it begins, `tool_call` with its duration when it has ended, well or not; `error` when it was zd that failed. */
export class ToolObserver {
  private waiting: EventDraft[] = [];
  private timer: Timer | undefined;

  constructor(
    private readonly events: Pick<EventService, 'append'>,
    private readonly write: (work: () => void, durability: Durability) => Promise<void>,
    private readonly log: Logger,
  ) {}

  began({ tool, args, requestId }: ToolCall): (outcome: ToolOutcome, millis: number) => void {
    const command = commandOf(args);
    const about = { tool: tool.slice(0, 100), ...(command === null ? {} : { command: command.slice(0, 100) }), tool_call_id: requestId };
    this.tell('tool_call_start', about);
    return (outcome, millis) => {
      if ('error' in outcome && CODES[outcome.error.code].status >= 500)
        this.tell('error', { ...about, component: 'mcp', message: outcome.error.message });
      const failure = 'error' in outcome ? { error_code: outcome.error.code } : {};
      this.tell('tool_call', { ...about, duration_ms: Math.round(millis), success: 'result' in outcome, ...failure });
    };
  }

  /** Stores what waits to be, in one transaction; before the daemon stops, too. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const drafts = this.waiting;
    if (drafts.length === 0) return;
    this.waiting = [];
    const stored = this.write(() => {
      for (const draft of drafts) this.events.append(draft);
    }, 'normal');
    // What they tell of has happened either way; a log that cannot be written is told by its own part.
    stored.catch((error: unknown) => this.log.debug('tool calls were not told of', { calls: drafts.length, error }));
  }

  private tell(topic: string, data: Readonly<Record<string, unknown>>): void {
    this.waiting.push({ kind: OBSERVABILITY, scope: OBSERVABILITY, topic, source: OBSERVABILITY, data });
    this.timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
  }
}
