import { ZdError } from '../kernel/error';
import type { Registry } from '../kernel/registry';
import type { Route } from '../kernel/route';

/** What an address answers to. */
export interface Place {
  /** The label in the metrics: the pattern, never the address itself, so callers cannot grow memory. */
  readonly label: string;
  readonly methods: readonly string[];
  /** The route that takes this method; undefined for streams and pages, and for a method nobody takes. */
  readonly route: Route | undefined;
}

const READ = ['GET', 'HEAD'] as const;
const FIXED = ['/', '/health', '/ops', '/openapi', '/openapi.json', '/ui', '/metrics', '/ws'];

/** A route's path as an expression with a named group per field. */
const expression = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:(\w+)/g, '(?<$1>[^/]+)')
      .replace(/\*(\w+)$/, '(?<$1>.+)')}$`,
  );

/**
 * The path's fields, percent-decoded once, so `%2F` is a slash of the field and `%252F` is `%2F`. `bad_args` for what is no UTF-8.
 */
export function pathInput(route: Route, path: string): Record<string, string> {
  if (route.path === path) return {};
  const groups = expression(route.path).exec(path)?.groups ?? {};
  return Object.fromEntries(Object.entries(groups).map(([field, text]) => [field, decode(field, text)]));
}

function decode(field: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ZdError('bad_args', `/${field}: not percent-encoded UTF-8`, { path: `/${field}` });
  }
}

/** Tells which addresses exist and what they take, before a request is let in to the router. */
export class Places {
  private readonly fixed = new Map<string, Place>();
  /** Routes whose address has no fields, by method and address: the others are found by trying their patterns in turn. */
  private readonly literal = new Map<string, Place>();
  private readonly patterns: { readonly match: RegExp; readonly route: Route }[] = [];

  constructor(registry: Registry) {
    for (const path of [...FIXED, ...registry.streams.keys()]) this.fixed.set(path, { label: path, methods: READ, route: undefined });
    this.fixed.set('/mcp', { label: '/mcp', methods: ['POST', 'GET'], route: undefined });
    // The most literal first, as the router does.
    for (const route of registry.routes.toSorted((a, b) => wildness(a.path) - wildness(b.path))) {
      this.patterns.push({ match: expression(route.path), route });
    }
  }

  find(path: string, method: string): Place | undefined {
    const known = this.fixed.get(path) ?? this.literal.get(`${method} ${path}`);
    if (known) return known;
    const found = this.search(path, method);
    if (found?.route?.path === path) this.literal.set(`${method} ${path}`, found);
    return found;
  }

  private search(path: string, method: string): Place | undefined {
    if (path.startsWith('/openapi/')) return { label: path, methods: READ, route: undefined };
    if (path.startsWith('/ui/')) return { label: '/ui', methods: READ, route: undefined };
    const first = this.patterns.find(({ match }) => match.test(path));
    if (!first) return undefined;
    const routes = this.patterns.filter(({ route }) => route.path === first.route.path).map(({ route }) => route);
    const methods = routes.flatMap((route) => (route.method === 'GET' ? READ : [route.method]));
    return { label: first.route.path, methods, route: routes.find((route) => route.method === (method === 'HEAD' ? 'GET' : method)) };
  }
}

const wildness = (path: string): number => (path.includes('*') ? 2 : path.includes(':') ? 1 : 0);
