import { LEVELS, type Level } from '../kernel/log';

/** A bearer token of the configuration. `scopes` null: full access; empty: nothing at all. */
export interface TokenSetting {
  readonly label: string;
  readonly secret: string;
  readonly scopes: readonly string[] | null;
}

/** Every setting's value by its key. */
export interface Values {
  readonly 'http.listen': string;
  readonly 'http.open': boolean;
  readonly 'http.allowed_hosts': readonly string[];
  readonly 'http.allowed_origins': readonly string[];
  readonly 'http.tokens': readonly TokenSetting[];
  readonly 'http.metrics_open': boolean;
  readonly 'log.level': Level;
  readonly 'log.max_bytes': number;
  readonly 'log.max_files': number;
  readonly 'limits.body_bytes': number;
  readonly 'limits.connections': number;
  readonly 'limits.streams_per_token': number;
  readonly 'limits.streams': number;
  readonly 'limits.queue_events': number;
  readonly 'limits.queue_bytes': number;
  readonly 'limits.max_depth': number;
  readonly 'cache.max_value_bytes': number;
  readonly 'cache.max_key_bytes': number;
  readonly 'cache.max_ns_bytes': number;
  readonly 'cache.max_ns_entries': number;
  readonly 'events.max_count': number;
  readonly 'events.max_age_secs': number;
  readonly 'events.max_bytes': number;
  readonly 'watch.max_watches': number;
  readonly 'watch.max_directories': number;
  readonly 'watch.max_entries': number;
  readonly 'watch.poll_ms': number;
  readonly 'shutdown.grace_ms': number;
}

export type SettingKey = keyof Values;
export type SettingType = 'listen' | 'boolean' | 'hosts' | 'origins' | 'tokens' | 'level' | 'integer';

export interface Setting<K extends SettingKey = SettingKey> {
  readonly key: K;
  readonly type: SettingType;
  readonly default: Values[K];
  /** The environment variable; null where there is none (a secret does not belong in an environment that is inherited). */
  readonly env: string | null;
  readonly unit: 'bytes' | 'seconds' | 'milliseconds' | null;
  readonly min: number;
  readonly max: number;
  /** A reload cannot apply it: the daemon has to be started again. */
  readonly needsRestart: boolean;
  /** `config_set` may change it while the daemon runs. What decides who may come in is not among them. */
  readonly runtimeSettable: boolean;
  readonly doc: string;
}

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
    runtimeSettable: !key.startsWith('http.'),
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

/** Every setting once, in the order in which they are shown. */
export const SETTINGS: readonly Setting[] = list;
const byKey = new Map<string, Setting>(list.map((setting) => [setting.key, setting]));
export const findSetting = (key: string): Setting | undefined => byKey.get(key);
export const SECTIONS: readonly string[] = [...new Set(list.map((setting) => setting.key.slice(0, setting.key.indexOf('.'))))];

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
    case 'level':
      return `one of ${LEVELS.join(', ')}`;
    case 'integer':
      return `an integer from ${setting.min} to ${setting.max}`;
  }
}
