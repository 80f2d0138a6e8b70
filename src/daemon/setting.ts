import type { AgentSpec } from '../areas/session/agent';

/** An agent of the configuration. */
export type AgentSetting = AgentSpec;

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

export const DECISIONS = ['allow', 'deny', 'approval_required'] as const;
export type PolicyDecision = (typeof DECISIONS)[number];

/** A rule about the calls of agents; what it does not name it takes all of. */
export interface PolicyRule {
  readonly decision: PolicyDecision;
  readonly tool?: string;
  readonly command?: string;
  readonly pattern?: string;
  readonly reason?: string;
}

/** Bounds of single kinds of events, beside those of the whole log. */
export type KindSettings = Readonly<Record<string, { readonly max_count?: number; readonly max_age_secs?: number; readonly max_bytes?: number }>>;

/** Every setting's value by its key. Each file of `settings/` adds its own by module augmentation. */
export interface Values {}

export type SettingKey = keyof Values;
export type SettingType =
  | 'listen'
  | 'boolean'
  | 'hosts'
  | 'origins'
  | 'names'
  | 'patterns'
  | 'tokens'
  | 'level'
  | 'integer'
  | 'kinds'
  | 'webhooks'
  | 'agents'
  | 'text'
  | 'secret'
  | 'choice'
  | 'rules';

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
  /** Of a `choice`: what it may be. */
  readonly choices: readonly string[];
  /** A reload cannot apply it: the daemon has to be started again. */
  readonly needsRestart: boolean;
  /** `config_set` may change it while the daemon runs. What decides who may come in is not among them. */
  readonly runtimeSettable: boolean;
  readonly doc: string;
}

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

type Declared = Pick<Setting, 'type' | 'doc'> & Partial<Omit<Setting, 'key' | 'type' | 'doc' | 'default'>>;

/** One row of the table: what is not said is what most settings have. */
export function setting<K extends SettingKey>(key: K, fallback: Values[K], given: Declared): Setting<K> {
  return {
    key,
    default: fallback,
    env: `ZD_${key.replace('.', '_').toUpperCase()}`,
    unit: null,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    choices: [],
    needsRestart: false,
    runtimeSettable: !key.startsWith('http.') && key !== 'webhook' && key !== 'agents',
    ...given,
  };
}
