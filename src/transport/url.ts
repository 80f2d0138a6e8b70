/** The path of a request's URL, which is only a path when the Host was empty, so `new URL` may not be used. */
export function pathOf(url: string): string {
  const scheme = url.indexOf('://');
  const from = scheme === -1 ? 0 : url.indexOf('/', scheme + 3);
  if (from === -1) return '/';
  const query = url.indexOf('?', from);
  return query === -1 ? url.slice(from) : url.slice(from, query);
}

export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
}
