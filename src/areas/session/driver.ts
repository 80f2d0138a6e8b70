import type { ProcessIdentity } from '../../kernel/process';
import type { Draft, SessionRow } from './row';
import type { ApprovalOption } from './service';

/** What an agent does within a turn, as a driver tells it: without the turn, which the host knows. */
export type Update = Omit<Draft, 'turn'>;

export interface PermissionRequest {
  readonly tool: { readonly tool_id: string; readonly tool_name: string; readonly input?: unknown };
  /** What the tool goes by, for the rules of the policy: its kind, its name, its title. */
  readonly names: readonly string[];
  readonly options: readonly ApprovalOption[];
  readonly raw?: string;
}

/** One message of what was said before. */
export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** What a driver gets of its session. */
export interface DriverHost {
  /** The row as it is now. */
  row(): SessionRow;
  put(update: Update): void;
  /** Resolves when there is room for more: until then the agent is not read. */
  ready(): Promise<void>;
  /** The chosen option; null when the turn was cancelled or nobody answered in time. */
  ask(request: PermissionRequest): Promise<string | null>;
  /** What was said before this turn. */
  conversation(): readonly Message[];
  /** Keeps what the agent calls this session; null: nothing. */
  setAgentSession(id: string | null): Promise<void>;
  setProcess(process: ProcessIdentity | null): Promise<void>;
  /** The agent ended outside of a turn. */
  lost(driver: Driver, fault: AgentFault): void;
}

export interface TurnEnd {
  readonly stopReason: string;
}

/** An agent at work for one session. It is made for the first turn and again after it was lost. */
export interface Driver {
  readonly pid: number | null;
  /** It is not ready yet, which has a limit of its own. */
  readonly starting: boolean;
  /** Resolves with how the turn ended, after its last update was put. Throws `AgentFault`. After an abort it ends as soon as the agent lets it. */
  run(text: string, signal: AbortSignal): Promise<TurnEnd>;
  /** Ends it, with everything it started; resolves when it is gone. */
  close(graceMs: number): Promise<void>;
}

/** Why an agent cannot go on, for the session's transcript: never with a secret. */
export class AgentFault extends Error {
  constructor(
    /** `start_failed`, `initialize_timeout`, `exited`, `protocol`, `refused`, `unreachable`, `backing_off`, `idle` or `internal`. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'AgentFault';
  }
}
