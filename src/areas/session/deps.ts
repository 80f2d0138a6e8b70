import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import type { AgentSpec } from './agent';
import type { ApprovalTable } from './approval_table';
import type { ApprovalDesk } from '../../kernel/approval';
import type { Driver, DriverHost } from './driver';
import type { SessionLog } from './log';
import type { Starts } from './starts';
import type { SessionTable } from './session_table';

/** Read anew at each use, so a changed setting holds at once. */
export interface SessionLimits {
  readonly maxSessions: number;
  /** Bytes of one session's events; the oldest go first. */
  readonly maxBytes: number;
  readonly maxQueued: number;
  readonly promptBytes: number;
  readonly keepClosedMs: number;
  /** How long an agent may take to say that it is ready. */
  readonly startMs: number;
  /** How long a turn may go without a sign of life. */
  readonly idleMs: number;
  /** How long it may take to end a turn that was cancelled; then it is ended itself. */
  readonly cancelMs: number;
  /** How long an agent without a turn is kept running. */
  readonly parkMs: number;
  readonly approvalMs: number;
  readonly autoTurnCap: number;
}

export type MakeDriver = (spec: AgentSpec, host: DriverHost) => Driver;

/** What everything of this area works on. */
export interface SessionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventService;
  readonly table: SessionTable;
  readonly approvals: ApprovalTable;
  readonly journal: SessionLog;
  readonly limits: () => SessionLimits;
  readonly agents: () => readonly AgentSpec[];
  readonly makeDriver: MakeDriver;
  readonly desk: ApprovalDesk;
  readonly starts: Starts;
  /** What a program needs to find this daemon. */
  readonly environment: Readonly<Record<string, string>>;
}
