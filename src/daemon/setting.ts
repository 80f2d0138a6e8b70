import type { Level } from '../kernel/log';

/** A bearer token of the configuration. `scopes` null: full access; empty: nothing at all. */
export interface TokenSetting {
  readonly label: string;
  readonly secret: string;
  readonly scopes: readonly string[] | null;
}

/** A webhook channel of the configuration. */
export interface WebhookSetting {
  readonly name: string;
  readonly secret: string;
  /** The header with the signature, in lower case. */
  readonly header: string;
}

/** Bounds of single kinds of events, beside those of the whole log. */
export type KindSettings = Readonly<Record<string, { readonly max_count?: number; readonly max_age_secs?: number; readonly max_bytes?: number }>>;

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
  readonly 'limits.subscriptions': number;
  readonly 'limits.max_depth': number;
  readonly 'cache.max_value_bytes': number;
  readonly 'cache.max_key_bytes': number;
  readonly 'cache.max_ns_bytes': number;
  readonly 'cache.max_ns_entries': number;
  readonly 'events.max_count': number;
  readonly 'events.max_age_secs': number;
  readonly 'events.max_bytes': number;
  readonly 'events.kinds': KindSettings;
  readonly 'events.dedup_secs': number;
  readonly 'lock.default_ttl_secs': number;
  readonly 'lock.max_entries': number;
  readonly 'job.parallel': number;
  readonly 'job.max_queued': number;
  readonly 'job.keep_output_bytes': number;
  readonly 'job.keep_ended': number;
  readonly 'job.keep_secs': number;
  readonly 'schedule.max_count': number;
  readonly 'schedule.history_runs': number;
  readonly 'schedule.keep_ended_secs': number;
  readonly 'artifact.max_blob_bytes': number;
  readonly 'artifact.max_inline_bytes': number;
  readonly 'artifact.max_ns_bytes': number;
  readonly 'artifact.max_bytes': number;
  readonly 'artifact.grace_secs': number;
  readonly 'artifact.compress': boolean;
  readonly 'watch.max_watches': number;
  readonly 'watch.max_directories': number;
  readonly 'watch.max_entries': number;
  readonly 'watch.poll_ms': number;
  readonly 'shutdown.grace_ms': number;
  readonly webhook: readonly WebhookSetting[];
}

export type SettingKey = keyof Values;
export type SettingType = 'listen' | 'boolean' | 'hosts' | 'origins' | 'tokens' | 'level' | 'integer' | 'kinds' | 'webhooks';

export interface Setting<K extends SettingKey = SettingKey> {
  /** `SECTION.NAME` as in config.toml; a key without a dot is a whole section. */
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
