import { millis, nanos } from '../../kernel/clock';
import { Nanos, nullable, t, type Static } from '../../kernel/schema';
import { MAX_NS, type Draft, type Entry } from './model';
import type { Conditions, Hit } from './query_model';

/** A command of any length is not an error of form: `history.max_line_bytes` is the limit. */
export const Line = t.String({ maxLength: 1_048_576, description: 'The command as it was typed, several lines of it too.' });
export const Time = t.Integer({ minimum: 0, maximum: MAX_NS, description: 'Nanoseconds since the Unix epoch, with millisecond resolution.' });
const Text = (description: string) => t.String({ minLength: 1, maxLength: 4096, description });
export const Session = Text('What the shell calls its session.');
const Host = Text('The machine it was run on.');
export const Folder = Text('The folder it was run in.');
const ShellId = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'The number of the shell.' });
const ExitCode = t.Integer({ minimum: -2_147_483_648, maximum: 4_294_967_295, description: 'As the shell tells it; 128 + n for a signal.' });
const Duration = t.Integer({ minimum: 0, maximum: MAX_NS, description: 'How long it took, in nanoseconds.' });

/** What is said of one command that was run. */
export const ENTRY = {
  line: Line,
  ts_ns: t.Optional(Time),
  exit_code: t.Optional(ExitCode),
  cwd: t.Optional(Folder),
  duration_ns: t.Optional(Duration),
  sessid: t.Optional(Session),
  hostname: t.Optional(Host),
  shell_id: t.Optional(ShellId),
};

const entryInput = t.Object(ENTRY);

export const draftOf = (input: Static<typeof entryInput>, now: number): Draft => ({
  line: input.line,
  ts: input.ts_ns === undefined ? now : millis(input.ts_ns),
  exitCode: input.exit_code ?? null,
  cwd: input.cwd ?? null,
  durationMs: input.duration_ns === undefined ? null : millis(input.duration_ns),
  sessid: input.sessid ?? null,
  hostname: input.hostname ?? null,
  shellId: input.shell_id ?? null,
});

/** Conditions on entries. */
export const CONDITIONS = {
  cwd: t.Optional(Folder),
  under: t.Optional(Text('The folder it was run in, or any below.')),
  exit_code: t.Optional(ExitCode),
  failed: t.Optional(t.Boolean({ description: 'True: only with an exit code other than 0. False: only with 0.' })),
  hostname: t.Optional(Host),
  sessid: t.Optional(Session),
  shell_id: t.Optional(ShellId),
  after_ns: t.Optional(Time),
  before_ns: t.Optional(Time),
};

const conditionInput = t.Object(CONDITIONS);

export const conditionsOf = (input: Static<typeof conditionInput>): Conditions => ({
  cwd: input.cwd,
  under: input.under,
  exitCode: input.exit_code,
  failed: input.failed,
  hostname: input.hostname,
  sessid: input.sessid,
  shellId: input.shell_id,
  after: input.after_ns === undefined ? undefined : millis(input.after_ns),
  before: input.before_ns === undefined ? undefined : millis(input.before_ns),
});

/** An entry as it goes over the wire, in a list; so it may have an `id`. */
export const ROW = {
  id: t.Integer({ minimum: 1 }),
  line: t.String(),
  ts_ns: Nanos,
  exit_code: nullable(t.Integer()),
  cwd: nullable(t.String()),
  duration_ns: nullable(t.Integer({ minimum: 0 })),
  sessid: nullable(t.String()),
  hostname: nullable(t.String()),
  shell_id: nullable(t.Integer()),
};

export const wireEntry = ({ id, line, ts, exitCode, cwd, durationMs, sessid, hostname, shellId }: Entry) => ({
  id,
  line,
  ts_ns: nanos(ts),
  exit_code: exitCode,
  cwd,
  duration_ns: durationMs === null ? null : nanos(durationMs),
  sessid,
  hostname,
  shell_id: shellId,
});

export const HIT = {
  ...ROW,
  uses: t.Integer({ minimum: 1, description: 'How often the line was run in all.' }),
  score: nullable(t.Number()),
  positions: nullable(t.Array(t.Integer({ minimum: 0 }), { description: 'Fuzzy: UTF-16 offsets of the characters that were looked for.' })),
};

export const wireHit = ({ entry, score, positions }: Hit) => ({
  ...wireEntry(entry),
  uses: entry.uses,
  score,
  positions: positions && [...positions],
});
