import { nullable, strict, t } from '../../kernel/schema';
import type { Call, Services } from '../../kernel/context';
import type { Static } from '../../kernel/schema';
import { FORMATS } from './service';

const Text = (maxLength: number, description: string) => t.Optional(t.String({ minLength: 1, maxLength, description }));

export const RENDER_INPUT = strict({
  target: t.String({
    minLength: 1,
    maxLength: 100,
    description:
      'For example `aliases`, `env`, `path`, `functions`, `setopt`, `history`, `catalog`, or `all-state` for a whole shell. In either number.',
  }),
  format: t.Optional(t.String({ maxLength: 32, description: FORMATS.join(', ') })),
  additive: t.Optional(t.Boolean({ default: false, description: 'Shell text that adds to what the shell has, instead of taking its place.' })),
  name: Text(4096, 'Only the row with this name.'),
  filter: Text(4096, 'Only names that match this pattern (`*`, `?`, `[abc]`); of the history, lines with these words.'),
  range: Text(16, 'Of the history: how far back, as 90s, 5m, 2h, 7d or 4w.'),
  shell_id: Text(32, 'Whose definitions; needed where several shells were recorded.'),
  dialect: t.Optional(
    t.Union([t.Literal('zsh'), t.Literal('bash'), t.Literal('fish')], { description: 'Whose shell text; that of the shell without it.' }),
  ),
  all: t.Optional(t.Boolean({ default: false, description: 'Every row: what is exported is never a part of it, so this changes nothing.' })),
  show_sensitive: t.Optional(t.Boolean({ default: false, description: 'With the values of what looks like a secret.' })),
  include_sensitive: t.Optional(t.Boolean({ default: false, description: 'As show_sensitive.' })),
});

export const RENDER_OUTPUT = strict({
  target: t.String(),
  format: t.String(),
  shell_id: t.String({ description: 'Whose definitions these are.' }),
  rows: t.Integer({ minimum: 0 }),
  withheld: t.Integer({ minimum: 0, description: 'Rows whose values are left out because they look like secrets.' }),
  body: t.Optional(t.String()),
  body_base64: t.Optional(t.String({ description: 'Instead of `body`, where that is no text.' })),
  byte_count: t.Integer({ minimum: 0 }),
  name: t.Optional(t.String()),
  filter: t.Optional(nullable(t.String())),
  range: t.Optional(nullable(t.String())),
});

export const RENDER_ERRORS = [
  'bad_format',
  'unknown_target',
  'format_unsupported_for_target',
  'format_unsupported_for_all_state',
  'no_function',
  'no_such_file',
  'bad_filter',
  'sensitive',
] as const;

/** What `export` and `view` share; they differ in the format they have when none is named. */
export async function render(
  services: Services,
  input: Static<typeof RENDER_INPUT>,
  call: Pick<Call, 'signal'>,
  preset: string,
): Promise<Static<typeof RENDER_OUTPUT>> {
  const { target, format = preset, additive = false, name, filter, range, shell_id, dialect, show_sensitive, include_sensitive } = input;
  const sensitive = (show_sensitive ?? false) || (include_sensitive ?? false);
  const made = await services.exports.render({
    ...{ target, format, additive, name, filter, range, shellId: shell_id, dialect, sensitive, signal: call.signal },
    daemon: () => figuresOf(services),
  });
  return {
    target: made.target,
    format: made.format,
    shell_id: made.shellId,
    rows: made.rows,
    withheld: made.withheld,
    ...bodyOf(made.body),
    ...(name === undefined ? {} : { name }),
    ...(filter === undefined && range === undefined ? {} : { filter: filter ?? null, range: range ?? null }),
  };
}

const figuresOf = ({ lifecycle, metrics, definitions, watch }: Services): Readonly<Record<string, number | string>> => ({
  pid: lifecycle.pid,
  uptime_ms: lifecycle.uptimeMs(),
  started_at: new Date(lifecycle.startedAt).toISOString(),
  session_count: metrics.activeSessions(),
  canonical_rows: definitions.kinds().reduce((sum, { rows }) => sum + rows, 0),
  subscription_count: metrics.activeSubscriptions(),
  watched_paths: watch.figures().watched_path_count,
});

function bodyOf(body: string | Uint8Array): { body: string; byte_count: number } | { body_base64: string; byte_count: number } {
  if (typeof body === 'string') return { body, byte_count: Buffer.byteLength(body) };
  const isText = body[0] !== 0x25 && Buffer.from(Buffer.from(body).toString()).equals(body);
  const byte_count = body.length;
  return isText ? { body: Buffer.from(body).toString(), byte_count } : { body_base64: Buffer.from(body).toString('base64'), byte_count };
}
