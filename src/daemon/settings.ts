import { LEVELS } from '../kernel/log';
import type { Setting, SettingKey, Values } from './setting';

type Declared = Pick<Setting, 'type' | 'doc'> & Partial<Omit<Setting, 'key' | 'type' | 'doc' | 'default'>>;

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

const list: Setting[] = [];
function declare<K extends SettingKey>(key: K, fallback: Values[K], given: Declared): void {
  list.push({
    key,
    default: fallback,
    env: `ZD_${key.replace('.', '_').toUpperCase()}`,
    unit: null,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    needsRestart: false,
    runtimeSettable: !key.startsWith('http.') && key !== 'webhook',
    ...given,
  });
}

declare('http.listen', '127.0.0.1:7733', {
  type: 'listen',
  needsRestart: true,
  doc: 'Address and port of the TCP listener, or "off" for the unix socket alone. Port 0 takes a free one.',
});
declare('http.open', false, {
  type: 'boolean',
  doc: 'No token needed on loopback. Refused together with tokens or an address that is not loopback.',
});
declare('http.allowed_hosts', [], { type: 'hosts', doc: 'Names in `Host` that zd answers to, beside localhost, 127.0.0.1 and [::1].' });
declare('http.allowed_origins', [], { type: 'origins', doc: 'Exact origins of web pages that may call the API.' });
declare('http.tokens', [], {
  type: 'tokens',
  env: null,
  doc: 'Bearer tokens by label: a string has full access, a table {token, scopes} what its scopes grant.',
});
declare('http.metrics_open', true, { type: 'boolean', doc: 'Whether /metrics answers without a token on loopback.' });
declare('log.level', 'info', { type: 'level', doc: 'What is written to the log: debug, info, warn or error.' });
declare('log.max_bytes', 10 * MiB, { type: 'integer', unit: 'bytes', min: 4 * KiB, max: 4 * GiB, doc: 'Size at which the log file is rotated.' });
declare('log.max_files', 4, { type: 'integer', min: 0, max: 100, doc: 'How many rotated log files are kept.' });
declare('limits.body_bytes', 2 * MiB, { type: 'integer', unit: 'bytes', min: KiB, max: GiB, doc: 'Largest request body.' });
declare('limits.connections', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'Requests in flight at once.' });
declare('limits.streams_per_token', 64, { type: 'integer', min: 1, max: 65_536, doc: 'Open streams per token.' });
declare('limits.streams', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'Open streams in all.' });
declare('limits.queue_events', 10_000, {
  type: 'integer',
  min: 1,
  max: 10_000_000,
  doc: 'Events that wait for one subscriber before it counts as lagging.',
});
declare('limits.queue_bytes', 8 * MiB, {
  type: 'integer',
  unit: 'bytes',
  min: KiB,
  max: GiB,
  doc: 'Bytes that wait for one subscriber before it counts as lagging.',
});
declare('limits.subscriptions', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Subscriptions of one stream or socket.' });
declare('limits.max_depth', 64, { type: 'integer', min: 4, max: 1000, doc: 'Deepest nesting of a JSON body.' });
declare('cache.max_value_bytes', MiB, { type: 'integer', unit: 'bytes', min: 1, max: GiB, doc: 'Largest cache value.' });
declare('cache.max_key_bytes', KiB, { type: 'integer', unit: 'bytes', min: 1, max: 64 * KiB, doc: 'Longest cache key.' });
declare('cache.max_ns_bytes', 256 * MiB, {
  type: 'integer',
  unit: 'bytes',
  min: KiB,
  doc: 'Quota of one cache namespace; the least recently used entries go first.',
});
declare('cache.max_ns_entries', 1_000_000, { type: 'integer', min: 1, doc: 'Entries one cache namespace may hold.' });
declare('events.max_count', 1_000_000, { type: 'integer', min: 1, doc: 'Events the log keeps.' });
declare('events.max_age_secs', 7 * 86_400, { type: 'integer', unit: 'seconds', min: 1, max: 3_153_600_000, doc: 'How long the log keeps an event.' });
declare('events.max_bytes', 512 * MiB, { type: 'integer', unit: 'bytes', min: MiB, doc: 'Bytes the log keeps.' });
declare(
  'events.kinds',
  { fs: { max_count: 200_000, max_age_secs: 86_400, max_bytes: 64 * MiB } },
  {
    type: 'kinds',
    doc: 'Narrower bounds of single kinds of events: a table KIND = { max_count, max_age_secs, max_bytes }.',
  },
);
declare('events.dedup_secs', 120, {
  type: 'integer',
  unit: 'seconds',
  min: 1,
  max: 604_800,
  doc: 'How long an `id` given to publish is remembered, so that a repetition is recognised.',
});
declare('lock.default_ttl_secs', 60, {
  type: 'integer',
  unit: 'seconds',
  min: 1,
  max: 86_400,
  doc: 'Lease of a lock that was asked for with neither a lease nor a process.',
});
declare('lock.max_entries', 10_000, { type: 'integer', min: 1, max: 1_000_000, doc: 'Grants of locks and requests that wait for one, in all.' });
declare('job.parallel', 256, { type: 'integer', min: 1, max: 65_536, doc: 'Jobs of one group that run at once, for groups that do not say.' });
declare('job.max_queued', 100_000, { type: 'integer', min: 1, max: 10_000_000, doc: 'Jobs that may wait in all queues together.' });
declare('job.keep_output_bytes', 64 * MiB, {
  type: 'integer',
  unit: 'bytes',
  min: 4 * KiB,
  doc: "Bytes kept of each of a job's two outputs, for jobs that do not say; the oldest go first.",
});
declare('job.keep_ended', 10_000, { type: 'integer', min: 0, max: 10_000_000, doc: 'Ended jobs that are kept, with their output.' });
declare('job.keep_secs', 30 * 86_400, { type: 'integer', unit: 'seconds', min: 1, max: 3_153_600_000, doc: 'How long an ended job is kept.' });
declare('schedule.max_count', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Schedules there may be.' });
declare('schedule.history_runs', 100, { type: 'integer', min: 1, max: 10_000, doc: 'Runs the history of one schedule keeps.' });
declare('schedule.keep_ended_secs', 7 * 86_400, {
  type: 'integer',
  unit: 'seconds',
  min: 0,
  max: 3_153_600_000,
  doc: 'How long a schedule that ran for the last time stays listed.',
});
declare('artifact.max_blob_bytes', 64 * GiB, { type: 'integer', unit: 'bytes', min: 1, max: 1024 * GiB, doc: 'Largest artifact.' });
declare('artifact.max_inline_bytes', 8 * MiB, {
  type: 'integer',
  unit: 'bytes',
  min: 1,
  max: 32 * MiB,
  doc: 'Largest artifact that travels inside JSON, as base64; beyond it there is /artifact/NAME.',
});
declare('artifact.max_ns_bytes', 0, {
  type: 'integer',
  unit: 'bytes',
  doc: 'Quota of one artifact namespace (what stands before the first slash of a name); 0 for none.',
});
declare('artifact.max_bytes', 0, {
  type: 'integer',
  unit: 'bytes',
  doc: 'Above it the least recently used artifacts go by themselves, pinned ones never; 0 for never.',
});
declare('artifact.grace_secs', 2, {
  type: 'integer',
  unit: 'seconds',
  max: 86_400,
  doc: 'How long after its put an artifact is safe from every collection.',
});
declare('artifact.compress', false, { type: 'boolean', doc: 'New artifacts are kept compressed with zstd; what is there stays as it is.' });
declare('watch.max_watches', 1024, { type: 'integer', min: 1, max: 65_536, doc: 'File watches at once, of everybody.' });
declare('watch.max_directories', 100_000, {
  type: 'integer',
  min: 0,
  max: 10_000_000,
  doc: 'Folders the system watches for zd at once; further ones are polled.',
});
declare('watch.max_entries', 1_000_000, { type: 'integer', min: 1, max: 100_000_000, doc: 'Files and folders below one watched path.' });
declare('watch.poll_ms', 2000, {
  type: 'integer',
  unit: 'milliseconds',
  min: 100,
  max: 3_600_000,
  doc: 'How often folders that cannot be watched are looked at.',
});
declare('shutdown.grace_ms', 5000, {
  type: 'integer',
  unit: 'milliseconds',
  min: 0,
  max: 600_000,
  doc: 'How long a stop waits for operations in flight.',
});

declare('webhook', [], {
  type: 'webhooks',
  env: null,
  doc: 'Channels of /webhook/CHANNEL that take a signature: [webhook.CHANNEL] with secret, and header (x-hub-signature-256 by default).',
});

/** Every setting once, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = list;
const byKey = new Map<string, Setting>(list.map((setting) => [setting.key, setting]));
export const findSetting = (key: string): Setting | undefined => byKey.get(key);
export const SECTIONS: readonly string[] = [...new Set(list.map((setting) => setting.key.split('.', 1)[0]!))];

/** What a value must look like, for error texts. */
export function expectation(setting: Setting): string {
  switch (setting.type) {
    case 'listen':
      return 'HOST:PORT such as "127.0.0.1:7733" or "[::1]:7733", or "off"';
    case 'boolean':
      return 'true or false';
    case 'hosts':
      return 'a list of host names such as ["zd.test"]';
    case 'origins':
      return 'a list of exact origins such as ["http://localhost:3000"]';
    case 'tokens':
      return 'a table of LABEL = "TOKEN" or LABEL = { token = "TOKEN", scopes = [...] }';
    case 'webhooks':
      return 'tables [webhook.CHANNEL] with secret = "..." and, where it is not the default, header = "..."';
    case 'level':
      return `one of ${LEVELS.join(', ')}`;
    case 'kinds':
      return 'a table of KIND = { max_count = N, max_age_secs = N, max_bytes = N }';
    case 'integer':
      return `an integer from ${setting.min} to ${setting.max}`;
  }
}
