import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import type { Logger } from '../../kernel/log';
import type { Part } from '../../kernel/part';
import type { ToolGate, ToolWatcher } from '../../kernel/tool';
import type { Db, Durability } from '../../storage/db';
import type { Approval } from './approval_table';
import { Approvals } from './approvals';
import { Checkpoints } from './checkpoints';
import { Commands } from './commands';
import { Deadlines } from './deadlines';
import { Memories } from './memories';
import { ToolObserver } from './observe';
import { Permissions } from './permissions';
import { Policy, type PolicySettings } from './policy';
import type { Glob, Subject } from './policy_model';
import { wireApproval, wireSession } from './schema';
import type { RuntimeService } from './service';
import type { Session } from './session_model';
import { Sessions } from './sessions';

/** Read anew at each use, so a changed setting holds at once. */
export interface RuntimeLimits {
  readonly leaseMs: number;
  readonly maxSessions: number;
  readonly keepCheckpoints: number;
  readonly checkpointBytes: number;
  readonly memoryBytes: number;
  readonly payloadBytes: number;
  readonly expireMs: number;
  readonly maxPending: number;
}

export interface RuntimeDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventService;
  readonly limits: () => RuntimeLimits;
  readonly policy: () => PolicySettings;
  readonly glob: Glob;
  readonly effectOf: (tool: string) => Subject['effect'];
  readonly since: RuntimeService['since'];
}

/** The continuity kernel: sessions of work with leases, checkpoints, memory, policy and approvals, and the events that tell of them. */
export class Runtime implements RuntimeService {
  readonly sessions: Sessions;
  readonly checkpoints: Checkpoints;
  readonly memories: Memories;
  readonly approvals: Approvals;
  readonly policy: Policy;
  readonly commands: Commands;
  readonly permissions: Permissions;
  readonly watch: ToolWatcher;
  readonly gate: ToolGate;
  readonly since: RuntimeService['since'];
  /** Leases and approvals that run out, to be supervised. */
  readonly part: Part;
  private readonly deadlines: Deadlines;
  private readonly observer: ToolObserver;

  constructor(private readonly deps: RuntimeDeps) {
    const { db, clock, log, events, limits } = deps;
    this.deadlines = new Deadlines(clock, {
      next: () => this.sessions.table.nextDeadline(),
      nextByWall: () => this.approvals.table.nextExpiry(),
      end: () => this.expire(),
    });
    this.part = this.deadlines.part;
    this.commands = new Commands(events, clock, () => limits().payloadBytes);
    this.sessions = new Sessions(
      db,
      clock,
      () => limits().maxSessions,
      (deadline) => this.deadlines.by(deadline),
    );
    this.checkpoints = new Checkpoints(db, clock, () => limits().keepCheckpoints);
    this.memories = new Memories(db, clock, () => limits().memoryBytes);
    this.approvals = new Approvals(db, clock, limits, (at) => this.deadlines.byWall(at));
    this.policy = new Policy(deps.policy, deps.glob, deps.effectOf, this.approvals, this.commands);
    this.permissions = new Permissions(this.approvals.table, this.policy, this.commands, () => clock.now(), this.tellApproval);
    this.observer = new ToolObserver(events, (work, durability) => db.write(work, durability), log);
    this.watch = (call) => this.observer.began(call);
    this.gate = this.policy.gate;
    this.since = deps.since;
  }

  start(): Promise<void> {
    return this.sessions.adopt();
  }

  stop(): void {
    this.part.stop();
    this.approvals.stop();
    this.observer.flush();
  }

  leaseMs(): number {
    return this.deps.limits().leaseMs;
  }

  checkpointBytes(): number {
    return this.deps.limits().checkpointBytes;
  }

  write<T>(work: () => T, durability: Durability = 'full'): Promise<T> {
    return this.deps.db.write(work, durability);
  }

  private async expire(): Promise<void> {
    while (await this.sessions.expire((session) => this.tellStale(session)));
    while (await this.approvals.expire((approval) => this.tellApproval('approval_expired', approval)));
  }

  private tellStale(session: Session): void {
    this.commands.note({
      ...{ family: 'runtime.status', kind: 'session_stale', tool: 'ccd_session_lifecycle', command: null },
      ...{ sessionId: session.sessionId, profile: session.profile, payload: { session: wireSession(this.sessions, session) } },
    });
  }

  /** Tells, inside the write under way, how an approval ended. */
  readonly tellApproval = (kind: 'approval_answered' | 'approval_expired' | 'approval_cancelled', approval: Approval): void => {
    const { tool, command, sessionId, profile } = approval;
    const payload = { approval: wireApproval(approval) };
    this.commands.note({ family: 'runtime.approval_required', kind, tool, command, sessionId, profile, payload });
  };
}
