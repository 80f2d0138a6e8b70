/** A path that nobody knows but this process, so an answer there is its own and not that of another server behind the same address. */
export const PROBE_PATH = `/.probe/${crypto.randomUUID()}`;
export const PROBE_STATUS = 204;

/** Neither counted nor guarded: the daemon asks itself whether its listeners work. */
export const probed = async (): Promise<Response> => new Response(null, { status: PROBE_STATUS });
