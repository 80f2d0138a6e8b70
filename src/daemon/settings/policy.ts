import { DECISIONS, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'policy.default': PolicyDecision;
    readonly 'policy.rules': readonly PolicyRule[];
    readonly 'policy.wait_secs': number;
    readonly 'policy.expire_secs': number;
    readonly 'policy.max_pending': number;
  }
}

/** What agents may do through MCP. Not to be changed at run time: an agent could. */
export const policySettings = [
  setting('policy.default', 'allow', {
    type: 'choice',
    choices: DECISIONS,
    runtimeSettable: false,
    doc: 'What holds for a call of an agent that changes something and that no rule is about.',
  }),
  setting('policy.rules', [], {
    type: 'rules',
    env: null,
    runtimeSettable: false,
    doc: 'Rules about the calls of agents, the first that fits decides: [[policy.rules]] with decision, and tool, command, pattern (globs) and reason.',
  }),
  setting('policy.wait_secs', 50, {
    type: 'integer',
    unit: 'seconds',
    max: 3600,
    doc: 'How long the call of an agent waits for an approval before it is refused with its number; agents give up by themselves after about a minute.',
  }),
  setting('policy.expire_secs', 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 31_536_000,
    doc: 'After so long an approval without an answer, or that was not used, is void.',
  }),
  setting('policy.max_pending', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Approvals without an answer.' }),
];
