import { keeperOf, type Caller } from '../../kernel/caller';
import type { Clock } from '../../kernel/clock';
import type { Call, EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { requestId } from '../../kernel/ids';
import type { Static } from '../../kernel/schema';
import { profileOf, runtimeEvent } from './envelope';
import { operationOf, routeFor, type Family } from './families';
import { failureOf, retryOf, SCHEMA_VERSION, type Block, type RuntimeRequest } from './metadata';

export interface CommandInput {
  readonly command: string;
  readonly profile?: string;
  readonly session_id?: string;
  readonly runtime?: Static<typeof RuntimeRequest>;
}

/** Tells of the result inside the transaction that stores it. Without it the result is told of right after. */
export type Tell<R> = (result: R) => void;

/** Something to tell of that no call of a runtime tool brought. */
export interface Notice {
  readonly family: Family;
  readonly kind: string;
  readonly tool: string;
  readonly command: string | null;
  readonly requestId?: string;
  readonly sessionId: string | null;
  readonly profile: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Who an approval is asked and answered by, for people to read. */
export const nameOf = (caller: Caller): string => keeperOf(caller);

/** Runs the commands of the runtime tools: one metadata block on their replies and failures, and the events the route table says. */
export class Commands {
  constructor(
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly maxPayloadBytes: () => number,
  ) {}

  async run<R extends Readonly<Record<string, unknown>>>(
    tool: string,
    input: CommandInput,
    call: Pick<Call, 'requestId' | 'fail'>,
    work: (tell: Tell<R>) => R | Promise<R>,
  ): Promise<NoInfer<R> & { runtime: Block }> {
    const started = this.clock.monotonic();
    const block = this.blockOf(tool, input, call);
    const timed = (): Block => ({ ...block, duration_ms: Math.round(this.clock.monotonic() - started) });
    let told = false;
    const draft = (result: R) => {
      const route = routeFor(tool, input.command);
      if (!route || route.when?.(result) === false) return null;
      const { family, kind } = route;
      const profile = profileOf(result, input.profile);
      return runtimeEvent({ family, kind, profile, runtime: statusOf(timed(), result), payload: result }, this.clock.now(), this.maxPayloadBytes());
    };
    try {
      const result = await work((stored) => {
        const event = draft(stored);
        if (event) this.events.append(event);
        told = true;
      });
      const event = told ? null : draft(result);
      if (event) await this.events.publish(event);
      return { ...result, runtime: statusOf(timed(), result) };
    } catch (error) {
      if (!(error instanceof ZdError)) throw error;
      const { code, message, detail } = error;
      throw new ZdError(code, message, { ...detail, cause: error, extra: { ...detail.extra, runtime: { ...timed(), ...failureOf(error) } } });
    }
  }

  /** Adds a notice to the write that is under way. */
  note({ family, kind, tool, command, sessionId, profile, payload, ...rest }: Notice): void {
    const runtime: Block = {
      request_id: rest.requestId ?? requestId(),
      operation: kind,
      tool,
      command: command ?? '',
      ...(sessionId === null ? {} : { session_id: sessionId }),
      status: 'ok',
      // What nobody called cannot be called again.
      retry: retryOf(kind) === 'safe' ? 'safe' : 'never',
      duration_ms: 0,
      schema_version: SCHEMA_VERSION,
    };
    const event = { family, kind, profile: profileOf(payload, profile ?? undefined), runtime, payload };
    this.events.append(runtimeEvent(event, this.clock.now(), this.maxPayloadBytes()));
  }

  private blockOf(tool: string, { command, runtime, session_id }: CommandInput, call: Pick<Call, 'requestId' | 'fail'>): Block {
    if (session_id !== undefined && runtime?.session_id !== undefined && runtime.session_id !== session_id)
      throw call.fail('bad_args', '/runtime/session_id: names another session than session_id', { path: '/runtime/session_id' });
    const session = session_id ?? runtime?.session_id;
    const operation = operationOf(tool, command);
    return {
      request_id: runtime?.request_id ?? call.requestId,
      ...(runtime?.trace_id === undefined ? {} : { trace_id: runtime.trace_id }),
      operation,
      tool,
      command,
      ...(session === undefined ? {} : { session_id: session }),
      status: 'ok',
      retry: retryOf(operation),
      duration_ms: 0,
      schema_version: SCHEMA_VERSION,
    };
  }
}

/** A check whose answer is no is no failure of the check; the metadata says it all the same. */
const statusOf = (block: Block, result: Readonly<Record<string, unknown>>): Block =>
  result.decision === 'deny' ? { ...block, status: 'denied' } : block;
