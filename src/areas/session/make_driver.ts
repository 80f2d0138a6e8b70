import type { AgentSpec } from './agent';
import type { SessionLimits } from './deps';
import type { Driver, DriverHost } from './driver';
import type { OwnServer } from './acp_servers';
import type { TerminalJobs } from './acp_terminals';
import { AcpDriver } from './acp_driver';
import { OpenaiDriver } from './openai_driver';

export const makeDriver =
  (limits: () => Pick<SessionLimits, 'startMs' | 'cancelMs'>, ownServer: OwnServer, jobs: TerminalJobs) =>
  (spec: AgentSpec, host: DriverHost): Driver =>
    spec.driver === 'acp' ? new AcpDriver(spec, host, limits, ownServer, jobs) : new OpenaiDriver(spec, host);
