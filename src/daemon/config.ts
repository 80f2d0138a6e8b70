import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Env } from './paths';
import type { SettingKey, Values } from './setting';
import { findSetting, SECTIONS, SETTINGS } from './settings';
import { lineOf, parseToml, TomlError } from './toml';
import { fromText, fromToml, isLoopback, parseListen, ValueFault } from './values';

export interface Problem {
  /** `FILE:LINE`, `env ZD_X`, `flag` or `runtime`. */
  readonly where: string;
  readonly message: string;
}

/** The configuration is not valid; `problems` holds everything that is wrong with it. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join('\n'));
    this.name = 'ConfigError';
  }
}

/** The effective configuration; frozen. */
export interface Config {
  readonly file: string;
  readonly fileExists: boolean;
  readonly values: Values;
  /** Where each value came from: `runtime`, `override`, `flag`, `env ZD_X`, `config.toml:12` or `default`. */
  readonly origins: Readonly<Record<SettingKey, string>>;
  readonly warnings: readonly string[];
}

export interface ConfigSources {
  readonly file: string;
  readonly env: Env;
  /** Values of flags as text, by key. */
  readonly flags?: Readonly<Record<string, string>>;
  /** What `config_set` kept for later starts, as text, by key. It stands above flags: it is the later wish. */
  readonly overrides?: { readonly file: string; readonly texts: Readonly<Record<string, string>> };
  /** What `config_set` changed for this run. */
  readonly runtime?: Readonly<Record<string, string>>;
}

type Found = Map<SettingKey, { value: unknown; origin: string; where: string }>;

/** Reads, checks and merges every source. Throws `ConfigError` with all faults at once. */
export function loadConfig(sources: ConfigSources): Config {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const found: Found = new Map();
  const text = readText(sources.file);
  if (text !== null) fromFile(sources.file, text, found, problems);
  fromEnv(sources.env, found, problems, warnings);
  fromTexts('flag', 'flag', sources.flags ?? {}, found, problems);
  if (sources.overrides) fromTexts('override', sources.overrides.file, sources.overrides.texts, found, problems);
  fromTexts('runtime', 'runtime', sources.runtime ?? {}, found, problems);
  const values = Object.freeze(
    Object.fromEntries(SETTINGS.map(({ key, default: fallback }) => [key, found.get(key)?.value ?? fallback])),
  ) as unknown as Values;
  const origins = Object.freeze(Object.fromEntries(SETTINGS.map(({ key }) => [key, found.get(key)?.origin ?? 'default']))) as Config['origins'];
  if (problems.length > 0) throw new ConfigError(problems);
  checkTogether(values, (key) => found.get(key)?.where ?? 'default');
  const secrets =
    values['http.tokens'].length + values.webhook.length > 0 ||
    values.agents.some((agent) => agent.driver === 'acp' && Object.keys(agent.env).length > 0);
  if (text !== null && secrets) warnings.push(...exposed(sources.file));
  for (const { label, secret } of values['http.tokens']) {
    if (secret.length < 16) warnings.push(`The token "${label}" is short enough to guess; take 16 characters or more.`);
  }
  return Object.freeze({ file: sources.file, fileExists: text !== null, values, origins, warnings: Object.freeze(warnings) });
}

function readText(file: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const message =
      error instanceof TypeError ? 'the file is not UTF-8' : `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    throw new ConfigError([{ where: file, message }]);
  }
}

function fromFile(file: string, text: string, found: Found, problems: Problem[]): void {
  let tree: Record<string, unknown>;
  try {
    tree = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    problems.push({ where: `${file}:${error.line}`, message: error.message });
    return;
  }
  const at = (...path: string[]) => `${file}:${lineOf(text, path)}`;
  for (const [section, table] of Object.entries(tree)) {
    if (!SECTIONS.includes(section))
      problems.push({
        where: at(section),
        message: `unknown section or key "${section}"; there are ${SECTIONS.map((name) => `[${name}]`).join(', ')}`,
      });
    else if (typeof table !== 'object' || table === null || Array.isArray(table))
      problems.push({ where: at(section), message: `"${section}" must be a table: write [${section}]` });
    else if (findSetting(section)) {
      const setting = findSetting(section)!;
      attempt(
        problems,
        (below) => at(section, ...below),
        setting.key,
        () => found.set(setting.key, { value: fromToml(setting, table), origin: `${basename(file)}:${lineOf(text, [section])}`, where: at(section) }),
      );
    } else
      for (const [name, value] of Object.entries(table)) {
        const setting = findSetting(`${section}.${name}`);
        if (!setting) {
          const known = SETTINGS.filter(({ key }) => key.startsWith(`${section}.`)).map(({ key }) => key.slice(section.length + 1));
          problems.push({ where: at(section, name), message: `unknown key "${section}.${name}"; [${section}] has ${known.join(', ')}` });
          continue;
        }
        attempt(
          problems,
          (below) => at(section, name, ...below),
          setting.key,
          () => {
            const where = at(section, name);
            found.set(setting.key, { value: fromToml(setting, value), origin: `${basename(file)}:${lineOf(text, [section, name])}`, where });
          },
        );
      }
  }
}

/** A variable with one of our sections in its name but of no setting is most likely a misspelling. */
const looksLikeOurs = new RegExp(`^ZD_(?:${SECTIONS.join('|').toUpperCase()})_`);

function fromEnv(env: Env, found: Found, problems: Problem[], warnings: string[]): void {
  const names = new Set(SETTINGS.map((setting) => setting.env));
  for (const setting of SETTINGS) {
    const text = setting.env === null ? undefined : env[setting.env];
    if (text === undefined || text === '') continue;
    const where = `env ${setting.env}`;
    attempt(
      problems,
      () => where,
      setting.key,
      () => found.set(setting.key, { value: fromText(setting, text), origin: where, where }),
    );
  }
  for (const name of Object.keys(env))
    if (looksLikeOurs.test(name) && !names.has(name)) warnings.push(`The environment variable ${name} is no setting of zd.`);
}

function fromTexts(origin: string, where: string, texts: Readonly<Record<string, string>>, found: Found, problems: Problem[]): void {
  for (const [key, text] of Object.entries(texts)) {
    const setting = findSetting(key);
    if (!setting) problems.push({ where, message: `unknown key "${key}"` });
    else
      attempt(
        problems,
        () => where,
        key,
        () => found.set(setting.key, { value: fromText(setting, text), origin, where }),
      );
  }
}

function attempt(problems: Problem[], where: (below: readonly string[]) => string, key: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ValueFault)) throw error;
    problems.push({ where: where(error.path), message: `${key}: ${error.message}` });
  }
}

/** Rules between settings: the TCP listener never answers strangers without a token. Throws `ConfigError`. */
export function checkTogether(values: Values, where: (key: SettingKey) => string): void {
  const problems: Problem[] = [];
  const listen = parseListen(values['http.listen']);
  const secured = values['http.tokens'].length > 0;
  const local = listen === null || isLoopback(listen.host);
  if (values['http.open'] && secured)
    problems.push({ where: where('http.open'), message: 'http.open: true cannot stand together with http.tokens; remove one of them' });
  if (values['http.open'] && !local)
    problems.push({ where: where('http.open'), message: `http.open: true is allowed on loopback only, and http.listen is ${values['http.listen']}` });
  if (!local && !secured)
    problems.push({
      where: where('http.listen'),
      message: `http.listen: ${values['http.listen']} is not a loopback address and needs tokens in [http.tokens]`,
    });
  if (problems.length > 0) throw new ConfigError(problems);
}

function exposed(file: string): string[] {
  const mode = statSync(file).mode & 0o777;
  return (mode & 0o077) === 0 ? [] : [`${file} holds secrets and others may use it (mode ${mode.toString(8)}); run: chmod 600 ${file}`];
}
