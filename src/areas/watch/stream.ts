import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import { ownerOf } from './owner';
import { options, requestOf, WatchPath } from './schema';
import './service';

export const watchStream = defineStream({
  name: 'stream_watch',
  summary: 'What changes below a file or folder, to this stream alone.',
  description: [
    'With `path` the watch is made for this stream and ends with it; with `watch_id` the stream reads a watch of `watch_subscribe`, from its oldest kept frame on.',
    '`fs` carries `{watch_id, kind, path, from, is_dir, ts_ns}`: `create`, `modify`, `delete`, or `rename` with both names (`from` is of a rename only).',
    'A folder that is renamed takes along what is in it; an editor that saves by renaming a new file over the old one is a `modify`.',
    '`rescan` `{watch_id, path, reason}`: not everything could be told (`overflow`, `too_many_changes`, `slow_reader`, `gap`, `ignore_rules`): look at it anew.',
    '`state` `{watch_id, path, state, reason}`: it is not or no longer plainly watched; `waiting` when there is nothing at the path, `polling` with the reason.',
    'Frames are kept in memory, within limits.queue_events and limits.queue_bytes per watch: `Last-Event-ID` resumes a `watch_id` while the daemon lives, else `gap` says so.',
    '`end` `{watch_id, reason}` comes when the watch is ended, `shutdown` `{watch_id, reason, retry_ms}` when the daemon is.',
  ].join('\n'),
  scope: 'watch.read',
  path: '/stream/watch',
  input: strict({
    path: t.Optional(WatchPath),
    watch_id: t.Optional(t.Integer({ minimum: 1, description: 'A watch of yours, instead of a path.' })),
    ...options,
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: ['fs', 'rescan', 'state', 'gap', 'end', 'shutdown'],
  errors: ['watch_register', 'watch_limit', 'bad_pattern', 'too_many', 'too_large', 'no_such_watch'],
  cli: { path: ['watch'], positional: ['path'], rename: { debounce_ms: 'debounce' }, paths: ['path'], essential: 'path' },
  example: { path: '/tmp', recursive: false },
  handle: ({ watch }, { path, watch_id, last_event_id = '', ...given }, call) => {
    const since = call.lastEventId || last_event_id || null;
    const owner = ownerOf(call, watch);
    if (watch_id !== undefined && path === undefined && Object.keys(given).length === 0)
      return watch.attach(watch_id, owner, since, call.signal, { startsBehind: call.startsBehind });
    if (path === undefined || watch_id !== undefined)
      throw call.fail('bad_args', '/path: needs either path with its options, or watch_id alone', { path: '/path' });
    return watch.open(requestOf(path, given), owner, since, call.signal, { startsBehind: call.startsBehind });
  },
});
