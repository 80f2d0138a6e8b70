/** The path of a request's URL, which is only a path when the Host was empty, so `new URL` may not be used. */
export function pathOf(url: string): string {
  const scheme = url.indexOf('://');
  const from = scheme === -1 ? 0 : url.indexOf('/', scheme + 3);
  if (from === -1) return '/';
  const query = url.indexOf('?', from);
  return query === -1 ? url.slice(from) : url.slice(from, query);
}

/** Query parameters by name, each with its values in order. */
export type Query = Map<string, string[]>;

/** As `URLSearchParams` reads them, which is asked only for what needs decoding: it costs more than the whole rest of a small call. */
export function queryOf(url: string): Query {
  const query: Query = new Map();
  const from = url.indexOf('?');
  if (from === -1) return query;
  const end = url.indexOf('#', from);
  const search = url.slice(from + 1, end === -1 ? undefined : end);
  const coded = search.includes('%') || search.includes('+');
  for (let at = 0; at < search.length;) {
    const next = search.indexOf('&', at);
    const to = next === -1 ? search.length : next;
    const equals = search.indexOf('=', at);
    if (coded) for (const [name, value] of new URLSearchParams(`&${search.slice(at, to)}`)) add(query, name, value);
    else if (to > at && (equals === -1 || equals >= to)) add(query, search.slice(at, to), '');
    else if (to > at) add(query, search.slice(at, equals), search.slice(equals + 1, to));
    at = to + 1;
  }
  return query;
}

function add(query: Query, name: string, value: string): void {
  const values = query.get(name);
  if (values) values.push(value);
  else query.set(name, [value]);
}
