/** `area.verb`, for example `cache.read`. */
export type Scope = `${string}.${string}`;

/** Who is calling. Everything that enters at dispatch brings one, so scopes and counters hold for all of them. */
export interface Caller {
  readonly via: 'unix' | 'tcp' | 'scheduler' | 'mcp' | 'mesh' | 'internal';
  /** The token's label, never the token; null where no token is needed. */
  readonly label: string | null;
  /** Scope patterns; an empty list grants nothing. */
  readonly scopes: readonly string[];
  /** The source this caller publishes under. */
  readonly source: string;
  /** Further scopes it may publish under when it asks to. */
  readonly aliases?: readonly string[];
  /** The viewer of a session it speaks as. */
  readonly client?: string;
}

/** Whose lasting things a caller's are, beyond one connection: those of its token, or of the one user who needs none. */
export const keeperOf = ({ label, via }: Caller): string => (label === null ? `local:${via === 'tcp' ? 'unix' : via}` : `token:${label}`);

/** Who a caller is beyond its credentials: a registered shell publishes under a name of its own. */
export type Identity = Required<Pick<Caller, 'source' | 'aliases'>>;

/**
 * Whether a list of patterns grants a scope: `*`, an exact scope, `area.*` or `*.verb`. Nothing else is a wildcard,
 * and `area.*` never matches the bare word `area`.
 */
export function grants(patterns: readonly string[], scope: string): boolean {
  if (patterns.includes('*')) return true;
  const dot = scope.indexOf('.');
  const area = scope.slice(0, dot);
  const verb = scope.slice(scope.lastIndexOf('.') + 1);
  return patterns.some((pattern) => pattern === scope || (dot > 0 && (pattern === `${area}.*` || pattern === `*.${verb}`)));
}

/** Whether a text is one of the four forms `grants` understands; used to refuse a token's scopes at start. */
export const isScopePattern = (text: string): boolean => /^(\*|(?:[a-z][a-z0-9_]*|\*)\.(?:[a-z][a-z0-9_]*|\*))$/.test(text) && text !== '*.*';
