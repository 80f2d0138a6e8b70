import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ConfigService, ReloadResult, SettingRow } from '../areas/config/service';
import { ZdError } from '../kernel/error';
import { ConfigError, checkTogether, loadConfig, type Config, type ConfigSources } from './config';
import { writePrivate } from './private_file';
import type { Setting, SettingKey, Values } from './setting';
import { findSetting, SETTINGS } from './settings';
import { toText } from './values';

/** The configuration in force, for the life of the process. Readers ask `value` each time they need one, so a change holds at once. */
export class LiveConfig implements ConfigService {
  private config: Config;
  private persisted: Readonly<Record<string, string>>;
  private runtime: Readonly<Record<string, string>> = {};
  private readonly listeners: (() => void)[] = [];

  /** Throws `ConfigError`. */
  constructor(
    private readonly sources: Pick<ConfigSources, 'file' | 'env' | 'flags'>,
    private readonly overridesFile: string,
  ) {
    this.persisted = readOverrides(overridesFile);
    this.config = this.load(this.persisted, {});
  }

  /** What holds now. */
  value<K extends SettingKey>(key: K): Values[K] {
    return this.config.values[key];
  }

  get warnings(): readonly string[] {
    return this.config.warnings;
  }

  /** Called after every change, for what has to act on one instead of asking. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  get(key: string): SettingRow {
    return row(known(key), this.config);
  }

  list(): readonly SettingRow[] {
    return settingRows(this.config);
  }

  overrides(): Readonly<Record<string, string>> {
    return { ...this.persisted, ...this.runtime };
  }

  set(key: string, value: unknown, persist: boolean): { row: SettingRow; prior: string } {
    const setting = known(key);
    if (!setting.runtimeSettable)
      throw new ZdError('bad_value', `${key} decides who may come in and cannot be set over the API.`, {
        hint: 'Change it in config.toml and run `zd reload`.',
        path: '/key',
      });
    const prior = this.get(key).value;
    const text = value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
    const runtime = changed(this.runtime, key, persist ? null : text);
    const persisted = persist ? changed(this.persisted, key, text) : this.persisted;
    const next = this.attempt(() => this.load(persisted, runtime), '/value');
    if (persist) writePrivate(this.overridesFile, `${JSON.stringify(persisted, null, 2)}\n`);
    this.persisted = persisted;
    this.runtime = runtime;
    this.adopt(next);
    return { row: this.get(key), prior };
  }

  reload(): ReloadResult {
    const next = this.attempt(() => {
      const loaded = this.load(this.persisted, this.runtime);
      const kept = keepWhatNeedsRestart(this.config, loaded);
      checkTogether(kept.values, (key) => `${key} (until the restart that http.listen needs)`);
      return { loaded, kept };
    });
    const before = this.config;
    this.adopt(next.kept);
    return {
      changed: SETTINGS.filter((setting) => differs(setting, before, next.kept)).map(({ key }) => key),
      needs_restart: SETTINGS.filter((setting) => differs(setting, next.loaded, next.kept)).map(({ key }) => key),
      warnings: next.kept.warnings,
    };
  }

  private load(overrides: Readonly<Record<string, string>>, runtime: Readonly<Record<string, string>>): Config {
    return loadConfig({ ...this.sources, overrides: { texts: overrides, file: this.overridesFile }, runtime });
  }

  private adopt(config: Config): void {
    this.config = config;
    for (const listener of this.listeners) listener();
  }

  private attempt<T>(run: () => T, path?: string): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ZdError(
        'bad_value',
        error.message,
        path === undefined ? { hint: 'Nothing was changed. Correct the configuration; `zd config check` tells when it is right.' } : { path },
      );
    }
  }
}

/** Every setting as text, without secrets. */
export const settingRows = (config: Config): readonly SettingRow[] => SETTINGS.map((setting) => row(setting, config));

const row = (setting: Setting, config: Config): SettingRow => ({
  key: setting.key,
  value: toText(setting, config.values[setting.key]),
  source: config.origins[setting.key],
  type: setting.type,
  default: toText(setting, setting.default),
  env: setting.env,
  unit: setting.unit,
  needs_restart: setting.needsRestart,
  settable: setting.runtimeSettable,
  doc: setting.doc,
});

function known(key: string): Setting {
  const setting = findSetting(key);
  if (!setting) throw new ZdError('no_such_key', `There is no configuration key "${key}".`, { path: '/key' });
  return setting;
}

function changed(texts: Readonly<Record<string, string>>, key: string, text: string | null): Readonly<Record<string, string>> {
  const { [key]: _, ...rest } = texts;
  return text === null ? rest : { ...rest, [key]: text };
}

const differs = ({ key }: Setting, one: Config, other: Config): boolean => !Bun.deepEquals(one.values[key], other.values[key]);

function keepWhatNeedsRestart(before: Config, next: Config): Config {
  const keys = SETTINGS.filter((setting) => setting.needsRestart).map(({ key }) => key);
  const pick = <T>(from: Readonly<Record<string, T>>) => Object.fromEntries(keys.map((key) => [key, from[key]]));
  return {
    ...next,
    values: { ...next.values, ...pick(before.values as never) },
    origins: { ...next.origins, ...pick(before.origins) } as Config['origins'],
  };
}

function readOverrides(file: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError([{ where: file, message: `the file cannot be read (${(error as NodeJS.ErrnoException).code})` }]);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string'))
      return value as Record<string, string>;
  } catch {
    // The same fault as a file with something else in it.
  }
  throw new ConfigError([
    { where: file, message: `${basename(file)} is not what \`zd config set --persist\` writes; remove it and set the values again` },
  ]);
}

/** What is built from the configuration, anew only when that changes: it is asked for with every request. */
export function perVersion<T>(config: LiveConfig, build: () => T): () => T {
  let built = build();
  config.onChange(() => {
    built = build();
  });
  return () => built;
}
