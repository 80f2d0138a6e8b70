/**
 * Every error code zd can answer with, once. `status` is the HTTP status, `exit` the CLI's exit code,
 * `retryable` whether the same call may succeed later unchanged. Names and statuses are part of the wire
 * contract: clients switch on them, so a code is never renamed and never changes its meaning.
 */
export interface CodeInfo {
  readonly status: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly message: string;
  /** What the caller can do about it; sent as `hint` unless the failure brings a better one. */
  readonly remedy: string;
}

/** Exit codes of the CLI (BSD sysexits are not used: scripts want small, documented numbers). */
export const EXIT = { ok: 0, failure: 1, usage: 2, down: 3, missing: 4, refused: 5, conflict: 6, timeout: 124, interrupted: 130 } as const;

const code = (status: number, exit: number, retryable: boolean, message: string, remedy: string): CodeInfo => ({
  status,
  exit,
  retryable,
  message,
  remedy,
});

export const CODES = {
  bad_args: code(400, EXIT.usage, false, 'The arguments are not valid.', 'Compare the call with its page in /openapi or `zd ops NAME`.'),
  bad_json: code(400, EXIT.usage, false, 'The request body is not valid JSON.', 'Send one JSON object as UTF-8.'),
  bad_request: code(400, EXIT.usage, false, 'The request is malformed.', 'Send a well-formed HTTP/1.1 request with one Host header.'),
  bad_pattern: code(400, EXIT.usage, false, 'The pattern is not valid.', 'Use SCOPE.TOPIC, for example `*.*` or `tag:build.*`.'),
  bad_cron: code(400, EXIT.usage, false, 'The cron expression is not valid.', 'Use 5 fields, 6 with seconds, or a name such as @daily.'),
  bad_query: code(400, EXIT.usage, false, 'The search expression is not valid.', 'Use mode `match`, which takes any text as it is.'),
  bad_verb: code(400, EXIT.usage, false, 'The verb is not known.', 'Use one of the verbs named in the message.'),
  bad_value: code(400, EXIT.usage, false, 'The value does not fit the key.', 'See `zd config list` for the keys and their types.'),
  unauthorized: code(
    401,
    EXIT.refused,
    false,
    'A valid bearer token is needed.',
    'Send `Authorization: Bearer TOKEN`; `zd open --token` says where the token is.',
  ),
  bad_signature: code(
    401,
    EXIT.refused,
    false,
    'The request has neither a valid signature nor a token.',
    'Sign the raw body with the secret of the channel, or send a token with the scope webhook.write.',
  ),
  scope_denied: code(
    403,
    EXIT.refused,
    false,
    'The token does not grant this operation.',
    'Give the token the required scope in config.toml and run `zd reload`.',
  ),
  tool_not_allowed: code(
    403,
    EXIT.refused,
    false,
    'This client was not given that tool.',
    'Allow its area: `zd mcp --allow AREA`, or mcp.allow in the configuration.',
  ),
  foreign_scope: code(
    403,
    EXIT.refused,
    false,
    'That scope belongs to another publisher.',
    'Leave the scope out: an event has the scope of who publishes it.',
  ),
  wrong_token: code(
    403,
    EXIT.refused,
    false,
    'It is held with another token.',
    'Use the token its grant came with; `zd lock list` shows who holds it.',
  ),
  origin_denied: code(403, EXIT.refused, false, 'This origin may not call zd.', 'Add the exact origin to http.allowed_origins.'),
  host_denied: code(
    421,
    EXIT.refused,
    false,
    'This Host is not one zd answers to.',
    'Use localhost or 127.0.0.1, or add the name to http.allowed_hosts.',
  ),
  mesh_required: code(400, EXIT.usage, false, 'Several meshes are joined.', 'Name one of them with `mesh`.'),
  mesh_not_attached: code(404, EXIT.missing, false, 'No such mesh is joined.', '`zd mesh status` shows those that are.'),
  no_such_message: code(404, EXIT.missing, false, 'There is no such message.', '`zd outbox` and `zd inbox` show what there is.'),
  idempotency_key_reused: code(
    409,
    EXIT.conflict,
    false,
    'This key was used for another message, or for one that ended.',
    'Send a new message with a new key; `zd outbox show` tells what became of the first.',
  ),
  route_failed: code(
    422,
    EXIT.missing,
    false,
    'Nobody can be found under this name.',
    '`zd mesh peers` shows who is there; a full key always works.',
  ),
  broker_unreachable: code(502, EXIT.failure, true, 'The broker of the mesh does not answer.', 'See `zd mesh status`; it is tried again by itself.'),
  invite_refused: code(422, EXIT.refused, false, 'The invitation is not accepted.', 'Ask the owner of the mesh for a new one: zd mesh invite.'),
  host_mismatch: code(
    503,
    EXIT.refused,
    false,
    'The keys of the meshes were made on another machine.',
    'If this copy shall be the one that goes on: zd mesh accept-host.',
  ),
  unknown_op: code(404, EXIT.missing, false, 'There is no such operation.', '`zd ops` lists every operation.'),
  not_found: code(404, EXIT.missing, false, 'There is nothing at this address.', 'See /openapi for every route.'),
  no_job: code(404, EXIT.missing, false, 'There is no such job.', '`zd job list` shows every job.'),
  no_shell: code(404, EXIT.missing, false, 'There is no such shell.', '`zd shell list` shows every shell; `zd init` registers one.'),
  no_originator: code(404, EXIT.missing, false, 'Nobody waits for this answer.', '`zd ask pending` shows the open requests.'),
  user_mismatch: code(404, EXIT.missing, false, 'This daemon belongs to another user.', 'Name the user it runs as, or use `all`.'),
  foreign_shell: code(403, EXIT.refused, false, 'This shell registered with another key.', 'Call with the key it registered with.'),
  not_accepting: code(
    403,
    EXIT.refused,
    false,
    'The shell does not run commands it is sent.',
    'Start it with `eval "$(zd init SHELL --accept-send)"`, or send it a notification.',
  ),
  not_target: code(403, EXIT.refused, false, 'The command was not delivered to this shell.', 'Only a shell it was delivered to answers it.'),
  bad_kind: code(400, EXIT.usage, false, 'The kind is not known.', 'Use picker, input, dialog, menu or progress.'),
  not_pty: code(409, EXIT.conflict, false, 'The job has no terminal.', 'Submit it with `pty`.'),
  submit_failed: code(422, EXIT.usage, false, 'The job cannot be started as it is described.', 'Check the program, its PATH and the folder.'),
  no_such_file: code(404, EXIT.missing, false, 'There is nothing under this name.', 'List what is there, or store it first.'),
  bad_format: code(400, EXIT.usage, false, 'There is no such format.', 'Use one of the formats named in the message.'),
  bad_filter: code(400, EXIT.usage, false, 'The filter cannot be used here.', 'Correct it, or leave it out.'),
  unknown_target: code(404, EXIT.missing, false, 'There is nothing of this name to export.', 'Use one of the targets named in the hint.'),
  format_unsupported_for_target: code(
    409,
    EXIT.usage,
    false,
    'The target cannot be written in this format.',
    'Use another format, for example json.',
  ),
  format_unsupported_for_all_state: code(409, EXIT.usage, false, 'A whole shell is written as shell text only.', 'Use the format sh.'),
  no_function: code(404, EXIT.missing, false, 'There is no such function.', '`zd view functions` shows every function.'),
  sensitive: code(403, EXIT.refused, false, 'It looks like a secret.', 'Ask with show_sensitive if you mean it.'),
  snapshot_exists: code(409, EXIT.conflict, false, 'There is a snapshot of this name.', 'Use another tag, or force to replace it.'),
  snapshot_read: code(
    422,
    EXIT.failure,
    false,
    'The snapshot cannot be read.',
    'It is damaged or of another version; nothing was changed. Use another one.',
  ),
  snapshot_write: code(500, EXIT.failure, true, 'The snapshot cannot be written.', 'See the message; check the folder and its space.'),
  snapshot_key: code(409, EXIT.refused, false, 'The signing key cannot be used.', 'It must be a file of your own, mode 0600, as zd made it.'),
  snapshot_verify_failed: code(
    409,
    EXIT.refused,
    false,
    'The signature does not hold.',
    'Do not use this snapshot; see the message for what differs.',
  ),
  snapshot_publish: code(502, EXIT.failure, true, 'The registry did not take the snapshot.', 'See the message; nothing of it counts as published.'),
  no_registry: code(409, EXIT.usage, false, 'There is no registry.', 'Name one, or set snapshot.registry.'),
  create_failed: code(409, EXIT.failure, false, 'The file cannot be made.', 'Name a file that is not there yet, in a folder you may write to.'),
  read_failed: code(422, EXIT.failure, false, 'The file cannot be read.', 'Name a regular file that zd may read.'),
  bad_archive: code(422, EXIT.failure, false, 'The archive is not one of ours, or damaged.', 'Nothing was changed. Use another backup.'),
  bad_catalog: code(422, EXIT.failure, false, 'The file is no catalogue of ours.', 'Nothing was changed. Use a file that export_catalog wrote.'),
  integrity_check_failed: code(422, EXIT.failure, false, 'The database in the file is damaged.', 'Nothing was changed. Use another backup.'),
  no_such_schedule: code(404, EXIT.missing, false, 'There is no such schedule.', '`zd schedule list` shows every schedule.'),
  no_such_key: code(404, EXIT.missing, false, 'There is no such configuration key.', '`zd config list` shows every key.'),
  no_such_session: code(404, EXIT.missing, false, 'There is no such session.', '`zd session list` shows every session.'),
  no_such_agent: code(404, EXIT.missing, false, 'There is no such agent.', 'Configure it as [agents.NAME] in config.toml and run `zd reload`.'),
  no_such_approval: code(404, EXIT.missing, false, 'There is no such approval.', '`zd session info` shows what waits for an answer.'),
  no_stream: code(
    404,
    EXIT.missing,
    false,
    'No open stream or socket of yours could own this.',
    'Call it over /ws, or open GET /stream/events?managed=true and name the stream_id of its first frame.',
  ),
  no_such_process: code(404, EXIT.missing, false, 'There is no such process.', 'Name a process that runs on this machine.'),
  method_not_allowed: code(405, EXIT.usage, false, 'This address does not take that method.', 'See the `Allow` header.'),
  no_such_kind: code(404, EXIT.missing, false, 'There is no such kind of definition.', '`zd definitions kinds --json` lists every kind.'),
  no_session: code(404, EXIT.missing, false, 'This call has no lasting connection.', 'Call it over /ws.'),
  bad_subsystem: code(400, EXIT.usage, false, 'There is no such subsystem.', 'Use one of those named in the message.'),
  duplicate_key: code(400, EXIT.usage, false, 'A key stands twice.', 'Give each key once.'),
  empty_dir: code(400, EXIT.usage, false, 'A folder is empty text.', 'Leave it out; for the current folder write it as it is.'),
  duplicate_dir: code(400, EXIT.usage, false, 'A folder stands twice.', 'Give each folder once.'),
  no_such_dir: code(404, EXIT.missing, false, 'There is no such folder.', 'Make it first, or leave it out.'),
  no_such_watch: code(404, EXIT.missing, false, 'There is no such watch.', '`zd watch list` shows yours.'),
  timeout: code(408, EXIT.timeout, true, 'The time given ran out.', 'Try again with a longer timeout.'),
  busy: code(409, EXIT.conflict, true, 'It is taken.', 'Wait and try again.'),
  conflict: code(409, EXIT.conflict, false, 'The current state does not allow this.', 'Read the current state and decide anew.'),
  not_held: code(409, EXIT.conflict, false, 'It is not held any more.', 'Stop what relied on it, and acquire it anew.'),
  version_mismatch: code(409, EXIT.conflict, false, 'The entry has another version than the one named.', 'Read it again and retry with its version.'),
  not_a_number: code(409, EXIT.conflict, false, 'The entry is not an integer.', 'Put an integer first, or use another key.'),
  watch_register: code(409, EXIT.failure, false, 'This path cannot be watched.', 'Correct the path, or its permissions.'),
  too_large: code(413, EXIT.usage, false, 'It is larger than the limit.', 'Send less, or raise the limit in config.toml.'),
  quota_exceeded: code(413, EXIT.usage, false, 'The value does not fit the quota.', 'Store less, or raise the limit in config.toml.'),
  unsupported_media_type: code(415, EXIT.usage, false, 'The content type is not supported.', 'Send `content-type: application/json`.'),
  too_many: code(429, EXIT.conflict, true, 'Too many at once.', 'Close some, or raise the limit in config.toml.'),
  digest_mismatch: code(400, EXIT.failure, false, 'The content does not have the digest that was named.', 'Send it again; nothing was stored.'),
  artifact_corrupt: code(
    404,
    EXIT.missing,
    false,
    'The content is damaged and was taken out of use.',
    'Put it again; `zd artifact verify` tells what else is damaged.',
  ),
  range_not_satisfiable: code(416, EXIT.usage, false, 'The range lies outside the content.', 'See `Content-Range` for its size.'),
  agent_failed: code(
    502,
    EXIT.failure,
    false,
    'The agent cannot be started as it is configured.',
    'Correct [agents.NAME] in config.toml and run `zd reload`.',
  ),
  internal: code(500, EXIT.failure, false, 'zd failed; this is a fault in zd.', 'See `zd logs`, and report it with the request id.'),
  shutting_down: code(503, EXIT.down, true, 'zd is stopping.', 'Try again in a moment.'),
  storage: code(500, EXIT.failure, true, 'The database could not do this.', 'See `zd doctor`.'),
  watch_limit: code(
    503,
    EXIT.failure,
    true,
    'The system takes no further watch.',
    'Raise fs.inotify.max_user_watches and max_user_instances (`zd doctor` shows them), or allow polling.',
  ),
  storage_full: code(507, EXIT.failure, true, 'There is no space left.', 'Free disk space; zd recovers by itself.'),
  no_service_manager: code(501, EXIT.failure, false, 'There is no service manager here.', 'Use `zd up`, which needs none.'),
  service_failed: code(500, EXIT.failure, true, 'The service manager could not do this.', 'See `zd service status` and `zd logs`.'),
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof CODES;

/** Codes any op may answer with without declaring them: they come from the layers around the handler. */
export const COMMON_CODES = ['bad_args', 'unauthorized', 'scope_denied', 'internal', 'storage', 'storage_full', 'shutting_down'] as const;
export type CommonCode = (typeof COMMON_CODES)[number];

export const isCode = (value: unknown): value is Code => typeof value === 'string' && Object.hasOwn(CODES, value);
