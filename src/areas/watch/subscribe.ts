import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ownerOf } from './owner';
import { options, requestOf, rowOf, WatchPath, WatchRow } from './schema';
import './service';

const DEFAULT_LEASE_SECS = 600;

export const subscribe = defineOp({
  name: 'watch_subscribe',
  summary: 'Watch a file or folder; read what changes at GET /stream/watch?watch_id=…, or on the socket that asks.',
  description: [
    'The watch belongs to the caller: nobody else can read, list or end it. What changes is kept for its next reader within the queue limits.',
    'Over /ws it belongs to the socket: its frames come there, flat as `{event, event_id, watch_id, …}`, and it ends with the socket. That needs `watch.read` too.',
    'It ends with `watch_unsubscribe`, with the daemon, or when no stream has read it for `lease_secs`.',
    'Watches of the same path share the watches of the system, each with its own recursion, globs and debounce.',
  ].join('\n'),
  scope: 'watch.write',
  effect: 'write',
  input: strict({
    path: WatchPath,
    ...options,
    lease_secs: t.Optional(
      t.Integer({ minimum: 1, maximum: 86_400, default: DEFAULT_LEASE_SECS, description: 'How long it lives while no stream reads it.' }),
    ),
  }),
  output: strict({
    ...WatchRow.properties,
    path: t.String({ description: 'As given.' }),
    canonical_path: t.String({ description: 'With links resolved.' }),
  }),
  errors: ['watch_register', 'watch_limit', 'bad_pattern', 'too_many', 'too_large'],
  cli: {
    path: ['watch', 'subscribe'],
    positional: ['path'],
    rename: { debounce_ms: 'debounce', lease_secs: 'lease' },
    paths: ['path'],
    essential: 'watch_id',
  },
  example: { path: '/tmp', include: '*.log' },
  handle: async ({ watch }, { path, lease_secs = DEFAULT_LEASE_SECS, ...given }, call) => {
    const { connection } = call;
    if (connection) call.need('watch.read');
    const owner = ownerOf(call, watch);
    const row = rowOf(await watch.subscribe(requestOf(path, given), owner, lease_secs * 1000));
    // A socket that closed while a large tree was read has released its watches already.
    if (connection?.signal.aborted) watch.releaseOwner(owner);
    else connection?.attach(watch.attach(row.watch_id, owner, null, connection.signal, { flat: true }), 'watch.read', 'passing');
    return { ...row, path, canonical_path: row.path };
  },
});
