/** One setting as it holds now. Secrets never appear: tokens are shown by label and scopes. */
export interface SettingRow {
  readonly key: string;
  /** The value as text: lists as JSON, everything else as it would stand in config.toml without quotes. */
  readonly value: string;
  /** `runtime`, `override`, `flag`, `env ZD_X`, `config.toml:12` or `default`. */
  readonly source: string;
  readonly type: string;
  readonly default: string;
  readonly env: string | null;
  readonly unit: string | null;
  readonly needs_restart: boolean;
  readonly settable: boolean;
  readonly doc: string;
}

export interface ReloadResult {
  /** Keys whose value changed and holds from now on. */
  readonly changed: readonly string[];
  /** Keys that changed in the configuration but hold only after a restart. */
  readonly needs_restart: readonly string[];
  readonly warnings: readonly string[];
}

/** The configuration in force. Every method that names a key throws `no_such_key` for one that does not exist. */
export interface ConfigService {
  get(key: string): SettingRow;
  list(): readonly SettingRow[];
  /** What was set while running, persisted or not. */
  overrides(): Readonly<Record<string, string>>;
  /**
   * Changes a setting at once; null takes the change back. With `persist` it also holds after a restart.
   * Throws `bad_value` for what does not fit the key and for keys only the file may set.
   */
  set(key: string, value: unknown, persist: boolean): { readonly row: SettingRow; readonly prior: string };
  /** Reads the file again, all or nothing: throws `bad_value` with every fault and changes nothing when one is found. */
  reload(): ReloadResult;
}

declare module '../../kernel/context' {
  interface Services {
    readonly config: ConfigService;
  }
}
