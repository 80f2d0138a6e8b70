import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t, type Static } from '../../kernel/schema';
import type { WatchInfo, WatchRequest } from './service';

const MAX_DEBOUNCE_MS = 60_000;
export const DEFAULT_DEBOUNCE_MS = 50;

export const WatchPath = t.String({
  minLength: 1,
  maxLength: 4096,
  pattern: '^/[^\\u0000]*$',
  description: 'Absolute path of a file or folder. It need not exist yet.',
});

const Glob = t.String({ minLength: 1, maxLength: 1024 });
const Globs = (description: string) => t.Optional(t.Union([Glob, t.Array(Glob, { maxItems: 64 })], { description }));

/** What `watch_subscribe` and the stream take alike. */
export const options = {
  recursive: t.Optional(t.Boolean({ default: false, description: 'Folders below it too.' })),
  include: Globs('Tell only of these globs, below the path; one without a slash matches names at any depth.'),
  exclude: Globs('Leave these out, and with a folder everything below it.'),
  gitignore: t.Optional(t.Boolean({ default: false, description: 'Leave out what .gitignore files name, and .git itself.' })),
  debounce_ms: t.Optional(
    t.Integer({
      minimum: 0,
      maximum: MAX_DEBOUNCE_MS,
      default: DEFAULT_DEBOUNCE_MS,
      description: 'Tell once it has been quiet for so long; 0 tells of each change at once.',
    }),
  ),
  poll: t.Optional(
    t.Union([t.Literal('auto'), t.Literal('never'), t.Literal('always')], {
      default: 'auto',
      description:
        'When to look from time to time instead of waiting for the system: where it takes no further watch, never (fail then), or always (for network file systems).',
    }),
  ),
};

const one = strict(options);
const listOf = (globs: string | readonly string[] | undefined): readonly string[] =>
  globs === undefined ? [] : typeof globs === 'string' ? [globs] : globs;

export const requestOf = (path: string, given: Static<typeof one>): WatchRequest => ({
  path,
  recursive: given.recursive ?? false,
  include: listOf(given.include),
  exclude: listOf(given.exclude),
  gitignore: given.gitignore ?? false,
  debounceMs: given.debounce_ms ?? DEFAULT_DEBOUNCE_MS,
  poll: given.poll ?? 'auto',
});

export const WatchRow = strict({
  watch_id: t.Integer({ minimum: 1 }),
  path: t.String({ description: 'With links resolved.' }),
  given_path: t.String({ description: 'As it was asked for; frames name paths below it.' }),
  recursive: t.Boolean(),
  ref_count: t.Integer({ minimum: 1, description: 'Watches on this path.' }),
  state: t.String({ description: '`watching`, `loading` (a large tree is being read), `polling` or `waiting` (there is nothing at the path).' }),
  reason: nullable(
    t.String({
      description: 'Why it polls: `system_limit`, `zd_limit`, `remote` (a network file system), `no_permission`, `unsupported` or `asked`.',
    }),
  ),
  entries: t.Integer({ minimum: 0, description: 'Files and folders known.' }),
  streams: t.Integer({ minimum: 0, description: 'Open streams that read it.' }),
  lease_ends_ns: nullable(Nanos),
});

export const rowOf = ({ lease_ends, ...info }: WatchInfo): Static<typeof WatchRow> => ({
  ...info,
  lease_ends_ns: lease_ends === null ? null : nanos(lease_ends),
});
