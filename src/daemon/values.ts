import { isScopePattern } from '../kernel/caller';
import { LEVELS } from '../kernel/log';
import { agentsAsText, parseAgents } from './agent_values';
import { policyRules } from './policy_rules';
import type { AgentSetting, KindSettings, Setting, TokenSetting, WebhookSetting } from './setting';
import { expectation } from './settings';

/** Why a value does not fit. `path` are the keys below the setting; the text never holds the value of a secret. */
export class ValueFault extends Error {
  constructor(
    message: string,
    readonly path: readonly string[] = [],
  ) {
    super(message);
  }
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT` with an IPv6 address in brackets; null for `off`. Throws `ValueFault`. */
export function parseListen(text: string): Listen | null {
  if (text === 'off') return null;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new ValueFault(`"${text}" is not an address`);
  return { host: match[1] ?? match[2]!, port };
}

/** RFC 5735 (127.0.0.0/8), RFC 4291 (::1) and RFC 6761 (localhost). */
export const isLoopback = (host: string): boolean =>
  /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '0:0:0:0:0:0:0:1' || host.toLowerCase() === 'localhost';

/** A value of the file, already parsed. Throws `ValueFault`. */
export function fromToml(setting: Setting, value: unknown): unknown {
  switch (setting.type) {
    case 'tokens':
      return tokens(value);
    case 'webhooks':
      return webhooks(setting, value);
    case 'agents':
      return parseAgents(value, expectation(setting));
    case 'hosts':
      return strings(setting, value, host);
    case 'origins':
      return strings(setting, value, origin);
    case 'names':
      return strings(setting, value, name);
    case 'patterns':
      return strings(setting, value, pattern);
    case 'boolean':
      return typeof value === 'boolean' ? value : bad(setting, value);
    case 'kinds':
      return kinds(setting, value);
    case 'integer':
      return integer(setting, value);
    case 'rules':
      return policyRules(value, (message, path) => new ValueFault(message, path));
    case 'text':
    case 'secret':
      // A secret is not repeated in the fault.
      // oxlint-disable-next-line no-control-regex
      return typeof value === 'string' && !/[\u0000-\u001f\u007f]/.test(value) ? value : bad(setting, setting.type === 'secret' ? '…' : value);
    case 'level':
      return (LEVELS as readonly unknown[]).includes(value) ? value : bad(setting, value);
    case 'choice':
      return setting.choices.includes(value as string) ? value : bad(setting, value);
    case 'listen':
      if (typeof value !== 'string') return bad(setting, value);
      try {
        parseListen(value);
      } catch {
        return bad(setting, value);
      }
      return value;
  }
}

/** The text of a flag, a variable or `config_set`; lists are JSON or separated by commas. Throws `ValueFault`. */
export function fromText(setting: Setting, text: string): unknown {
  if (setting.type === 'boolean') return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : bad(setting, text);
  if (setting.type === 'integer') return /^-?\d+$/.test(text.trim()) ? integer(setting, Number(text)) : bad(setting, text);
  if (setting.type === 'kinds') return kinds(setting, json(setting, text));
  if (['hosts', 'origins', 'names', 'patterns'].includes(setting.type))
    return fromToml(
      setting,
      text.trim().startsWith('[')
        ? json(setting, text)
        : text
            .split(',')
            .map((part) => part.trim())
            .filter(Boolean),
    );
  return fromToml(setting, text);
}

/** A value as text, without secrets. */
export function toText(setting: Setting, value: unknown): string {
  if (setting.type === 'tokens')
    return JSON.stringify(Object.fromEntries((value as TokenSetting[]).map(({ label, scopes }) => [label, scopes ?? ['*']])));
  if (setting.type === 'webhooks')
    return JSON.stringify(Object.fromEntries((value as WebhookSetting[]).map(({ name, header }) => [name, { header }])));
  if (setting.type === 'secret') return value === '' ? '' : '(set)';
  if (setting.type === 'agents') return agentsAsText(value as AgentSetting[]);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bad(setting: Setting, value: unknown): never {
  throw new ValueFault(`${brief(value)} is not ${expectation(setting)}`);
}

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

function json(setting: Setting, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return bad(setting, text);
  }
}

function integer(setting: Setting, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < setting.min || value > setting.max) return bad(setting, value);
  return value;
}

function strings(setting: Setting, value: unknown, valid: (text: string) => boolean): readonly string[] {
  if (!Array.isArray(value)) return bad(setting, value);
  for (const item of value) if (typeof item !== 'string' || !valid(item)) return bad(setting, item);
  return Object.freeze([...value] as string[]);
}

function kinds(setting: Setting, value: unknown): KindSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad(setting, value);
  for (const [kind, bounds] of Object.entries(value as Record<string, unknown>)) {
    if (!/^[a-z][a-z0-9_]{0,63}$/.test(kind)) throw new ValueFault(`"${kind}" is no kind of event`, [kind]);
    if (typeof bounds !== 'object' || bounds === null || Array.isArray(bounds))
      throw new ValueFault(`${brief(bounds)} is not ${expectation(setting)}`, [kind]);
    for (const [name, bound] of Object.entries(bounds as Record<string, number>))
      if (
        !['max_count', 'max_age_secs', 'max_bytes'].includes(name) ||
        !Number.isSafeInteger(bound) ||
        bound < 1 ||
        (name === 'max_age_secs' && bound > 3_153_600_000)
      )
        throw new ValueFault(`${kind}.${name}: a kind has max_count, max_age_secs and max_bytes, integers from 1`, [kind, name]);
  }
  return Object.freeze(structuredClone(value)) as KindSettings;
}

const host = (text: string): boolean => /^(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(text);
const name = (text: string): boolean => /^(?:\*|[a-z][a-z0-9_]*)$/.test(text);
/** One that fits every line would keep nothing. */
const pattern = (text: string): boolean => text.length <= 1000 && /[^*\s]/.test(text);
const origin = (text: string): boolean => text !== 'null' && URL.canParse(text) && new URL(text).origin === text;

function tokens(value: unknown): readonly TokenSetting[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValueFault('http.tokens must be a table of LABEL = "TOKEN" or LABEL = { token = "TOKEN", scopes = [...] }');
  const found = Object.entries(value).map(([label, item]) => token(label, item));
  for (const [at, one] of found.entries()) {
    const twin = found.slice(0, at).find((other) => other.secret === one.secret);
    if (twin) throw new ValueFault(`the tokens "${twin.label}" and "${one.label}" are the same`, [one.label]);
  }
  return Object.freeze(found);
}

function token(label: string, item: unknown): TokenSetting {
  const fault = (what: string, ...below: string[]) => new ValueFault(`token "${label}": ${what}`, [label, ...below]);
  if (!/^[\w.@-]{1,64}$/.test(label)) throw fault('a label has 1 to 64 letters, digits and . _ @ -');
  if (typeof item === 'string') return { label, secret: secret(item, fault), scopes: null };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw fault('expected a string or a table { token, scopes }');
  const { token: text, scopes, ...rest } = item as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw fault(`unknown key "${unknown}"; a token has "token" and "scopes"`, unknown);
  return { label, secret: secret(text, fault), scopes: scopes === undefined ? null : scopePatterns(scopes, fault) };
}

function secret(text: unknown, fault: (what: string, ...below: string[]) => ValueFault): string {
  if (typeof text !== 'string' || text.trim() === '') throw fault('its "token" is missing or empty', 'token');
  if (!/^[\x21-\x7e]+$/.test(text)) throw fault('its "token" may hold only visible ASCII characters, as it travels in a header', 'token');
  return text;
}

function scopePatterns(scopes: unknown, fault: (what: string, ...below: string[]) => ValueFault): readonly string[] {
  if (!Array.isArray(scopes)) throw fault('"scopes" is a list of patterns; leave it out for full access', 'scopes');
  for (const pattern of scopes) {
    if (typeof pattern !== 'string' || !isScopePattern(pattern))
      throw fault(`${brief(pattern)} is not a scope pattern: use "*", "area.verb", "area.*" or "*.verb"`, 'scopes');
  }
  return Object.freeze([...scopes] as string[]);
}

const DEFAULT_SIGNATURE_HEADER = 'x-hub-signature-256';

function webhooks(setting: Setting, value: unknown): readonly WebhookSetting[] {
  if (!isTable(value)) throw new ValueFault(`expected ${expectation(setting)}`);
  return Object.freeze(Object.entries(value).map(([name, item]) => webhookChannel(name, item)));
}

function webhookChannel(name: string, item: unknown): WebhookSetting {
  const fault = (what: string, ...below: string[]) => new ValueFault(`channel "${name}": ${what}`, [name, ...below]);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) throw fault('a name has 1 to 64 letters, digits and . _ -, and begins with a letter or digit');
  if (!isTable(item)) throw fault('expected a table with a secret');
  const { secret: key, header: given = DEFAULT_SIGNATURE_HEADER, ...others } = item;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw fault(`unknown key "${unknown}"; a channel has "secret" and "header"`, unknown);
  if (typeof key !== 'string' || key.trim() === '') throw fault('its "secret" is missing or empty', 'secret');
  if (typeof given !== 'string' || !/^[A-Za-z0-9-]{1,100}$/.test(given)) throw fault('its "header" is no header name', 'header');
  return { name, secret: key, header: given.toLowerCase() };
}

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
