import { KiB, MiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly agents: readonly AgentSetting[];
    readonly 'session.max_sessions': number;
    readonly 'session.max_bytes': number;
    readonly 'session.max_queued': number;
    readonly 'session.prompt_bytes': number;
    readonly 'session.frame_bytes': number;
    readonly 'session.keep_closed_secs': number;
    readonly 'session.start_secs': number;
    readonly 'session.idle_secs': number;
    readonly 'session.cancel_secs': number;
    readonly 'session.park_secs': number;
    readonly 'session.approval_secs': number;
    readonly 'session.auto_turn_cap': number;
  }
}

/** Sessions with agents. */
export const sessionSettings = [
  setting('agents', [], {
    type: 'agents',
    env: null,
    doc: 'Agents by name: [agents.NAME] with driver "acp" (command, env, fs, terminal, mcp) or "openai" (base_url, model, api_key_env, system); both take cwd, roots and end_hooks.',
  }),
  setting('session.max_sessions', 1000, { type: 'integer', min: 1, max: 1_000_000, doc: 'Sessions that are kept, closed ones included.' }),
  setting('session.max_bytes', 256 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: 64 * KiB,
    doc: "Bytes kept of one session's events; the oldest go first.",
  }),
  setting('session.max_queued', 8, { type: 'integer', min: 0, max: 10_000, doc: 'Prompts that may wait for the end of a turn, per session.' }),
  setting('session.prompt_bytes', 1 * MiB, { type: 'integer', unit: 'bytes', min: 1, max: 64 * MiB, doc: 'Largest prompt.' }),
  setting('session.frame_bytes', 1 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: 1024,
    max: 32 * MiB,
    doc: 'Largest frame that a viewer of a session may send over a WebSocket.',
  }),
  setting('session.keep_closed_secs', 90 * 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 3_153_600_000,
    doc: 'How long a closed session is kept.',
  }),
  setting('session.start_secs', 60, { type: 'integer', unit: 'seconds', min: 1, max: 3600, doc: 'How long an agent may take to be ready.' }),
  setting('session.idle_secs', 3600, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 604_800,
    doc: 'How long a turn may go without a sign of life; waiting for an answer does not count.',
  }),
  setting('session.cancel_secs', 10, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 3600,
    doc: 'How long an agent may take to end a turn that was cancelled; then it is ended itself.',
  }),
  setting('session.park_secs', 600, {
    type: 'integer',
    unit: 'seconds',
    min: 0,
    max: 2_000_000,
    doc: 'How long an agent without a turn is kept running.',
  }),
  setting('session.approval_secs', 86_400, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 2_000_000,
    doc: 'How long an approval waits for an answer; then it is refused.',
  }),
  setting('session.auto_turn_cap', 5, {
    type: 'integer',
    min: 0,
    max: 1000,
    doc: 'Turns in a row that begin because of events, with nobody asking.',
  }),
];
