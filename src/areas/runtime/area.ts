import type { Area } from '../../kernel/registry';
import { approvalsAnswer } from './approvals_answer';
import { approvalsList } from './approvals_list';
import { checkpointGet } from './checkpoint_get';
import { checkpointsList } from './checkpoints_list';
import { context } from './context';
import { familiesList } from './families_list';
import { memory } from './memory';
import { memoryGet } from './memory_get';
import { sessionLifecycle } from './session_lifecycle';
import { sessionsList } from './sessions_list';
import { state } from './state';
import { runtimeStream } from './stream';

export const runtimeArea: Area = {
  name: 'runtime',
  summary: "Agents' work from one to the next: sessions with leases, checkpoints, memory, policy and approvals.",
  ops: [
    ...[sessionLifecycle, context, state, memory],
    ...[sessionsList, checkpointsList, checkpointGet, memoryGet, familiesList, approvalsList, approvalsAnswer],
  ],
  streams: [runtimeStream],
};
