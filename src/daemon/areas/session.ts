import { ApprovalTable } from '../../areas/session/approval_table';
import type { TerminalJobs } from '../../areas/session/acp_terminals';
import type { ApprovalDesk } from '../../kernel/approval';
import { makeDriver } from '../../areas/session/make_driver';
import { SessionLog } from '../../areas/session/log';
import { SessionTable } from '../../areas/session/session_table';
import { Sessions } from '../../areas/session/sessions';
import { Starts } from '../../areas/session/starts';
import { Viewers } from '../../areas/session/viewers';
import { thisProgram } from '../../service/program';
import type { Ground } from '../ground';

export function composeSessions(
  { stack, paths, zdDb, events, clock, log, config, parts, onStart, onStop }: Ground,
  desk: ApprovalDesk,
  jobs: TerminalJobs,
): Sessions {
  const limits = () => ({
    maxSessions: config.value('session.max_sessions'),
    maxBytes: config.value('session.max_bytes'),
    maxQueued: config.value('session.max_queued'),
    promptBytes: config.value('session.prompt_bytes'),
    keepClosedMs: config.value('session.keep_closed_secs') * 1000,
    startMs: config.value('session.start_secs') * 1000,
    idleMs: config.value('session.idle_secs') * 1000,
    cancelMs: config.value('session.cancel_secs') * 1000,
    parkMs: config.value('session.park_secs') * 1000,
    approvalMs: config.value('session.approval_secs') * 1000,
    autoTurnCap: config.value('session.auto_turn_cap'),
  });
  const program = thisProgram(paths, process.env);
  const viewers = new Viewers(() => ({ events: config.value('limits.queue_events'), bytes: config.value('limits.queue_bytes') }));
  const deps = {
    ...{ db: zdDb, clock, log, events, limits },
    table: new SessionTable(zdDb),
    approvals: new ApprovalTable(zdDb),
    journal: new SessionLog(zdDb, clock, viewers.deliver),
    agents: () => config.value('agents'),
    makeDriver: makeDriver(limits, program, jobs),
    starts: new Starts(() => clock.now()),
    environment: program.env,
    desk,
  };
  const sessions = stack.adopt(new Sessions(deps, viewers), (each) => each.stop());
  parts.add(sessions.upkeep.part);
  onStart(() => sessions.start());
  onStop(() => sessions.stop());
  return sessions;
}
