import type { Caller, Identity } from '../kernel/caller';
import { ZdError } from '../kernel/error';

/** A token as the gate keeps it: only its digest, so neither memory dumps of the table nor timing tell the secret. */
export interface Token {
  readonly label: string;
  readonly digest: Buffer;
  readonly scopes: readonly string[];
}

/** Who may come in over TCP. Read anew for each request, so a reload takes effect at once. */
export interface AccessRules {
  readonly tokens: readonly Token[];
  /** No token needed; loopback only (the configuration refuses anything else). */
  readonly open: boolean;
  /** Host names beside the loopback ones, in lower case, with or without a port. */
  readonly hosts: readonly string[];
  /** Exact origins of web pages that may call the API. */
  readonly origins: readonly string[];
  /** `/metrics` without a token. */
  readonly metricsOpen: boolean;
}

export const digestOf = (secret: string): Buffer => new Bun.CryptoHasher('sha256').update(secret).digest();

const FULL: readonly string[] = ['*'];
export const UNIX_CALLER: Caller = { via: 'unix', label: null, scopes: FULL, source: 'http' };
const OPEN_CALLER: Caller = { via: 'tcp', label: null, scopes: FULL, source: 'http' };

/**
 * The caller behind a TCP request's `Authorization: Bearer` header, or `unauthorized`. Every token is compared, over digests
 * of equal length, so the time taken says nothing about which one was close.
 */
export function authenticate(header: string | null, rules: AccessRules): Caller {
  if (rules.open) return OPEN_CALLER;
  const known = header === null ? undefined : accepted.get(rules)?.get(header);
  if (known) return known;
  const secret = header?.startsWith('Bearer ') ? header.slice(7).trim() : '';
  if (secret === '') throw new ZdError('unauthorized');
  const digest = digestOf(secret);
  let found: Token | undefined;
  for (const token of rules.tokens) if (crypto.timingSafeEqual(token.digest, digest)) found = token;
  if (!found) throw new ZdError('unauthorized', 'This token is not known.');
  const caller = callerOf(found);
  remember(rules, header!, caller);
  return caller;
}

/**
 * Headers that proved right under these rules, so that a client that calls again and again is not digested each time. Only right ones
 * come in, so a wrong one meets nothing but the comparison over digests; the rules' next version starts empty.
 */
const accepted = new WeakMap<AccessRules, Map<string, Caller>>();
const MAX_ACCEPTED = 256;

function remember(rules: AccessRules, header: string, caller: Caller): void {
  let known = accepted.get(rules);
  if (!known) accepted.set(rules, (known = new Map()));
  if (known.size < MAX_ACCEPTED) known.set(header, caller);
}

const callers = new WeakMap<Token, Caller>();
const tokens = new WeakMap<Caller, Token>();

/** One Caller value per token, so limits per token can count by identity of the label and views can be shared. */
function callerOf(token: Token): Caller {
  let caller = callers.get(token);
  if (!caller) {
    callers.set(token, (caller = { via: 'tcp', label: token.label, scopes: token.scopes, source: 'http' }));
    tokens.set(caller, token);
  }
  return caller;
}

/** Names the shell a call comes from, by the key it registered with. */
const SHELL_KEY_HEADER = 'zd-shell-key';

/** The caller as the shell whose key the call brings. A key that is not known, such as that of a shell which ended, changes nothing. */
export function speaking(caller: Caller, headers: Headers, speaker: (key: string) => Identity | null): Caller {
  const key = headers.get(SHELL_KEY_HEADER);
  const identity = key === null ? null : speaker(key);
  return identity ? { ...caller, ...identity } : caller;
}

/** Who an open connection's caller is under the rules of now: null when its token is gone, or when one is needed now. */
export function renew(caller: Caller, rules: AccessRules): Caller | null {
  if (caller.via === 'unix') return caller;
  if (rules.open) return OPEN_CALLER;
  const held = tokens.get(caller);
  const token = held && rules.tokens.find(({ digest }) => crypto.timingSafeEqual(digest, held.digest));
  return token ? callerOf(token) : null;
}
