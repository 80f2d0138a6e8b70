import { isObject } from '../../kernel/json';

/** The revisions with a handshake that are spoken beside the current one, from the first with Streamable HTTP on. */
const OLDER: ReadonlySet<string> = new Set(['2025-11-25', '2025-06-18', '2025-03-26']);
const CURRENT = '2026-07-28';
const KEY = 'io.modelcontextprotocol/';

export type Era = 'older' | 'current';

export interface PlainCall {
  readonly id: string | number;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly era: Era;
}

/**
 * A `tools/call` in the form nearly every client writes it, or null: whatever else there is in the protocol, and whatever is wrong with a
 * message, is for the SDK to answer, which takes some times longer over a message than most operations of zd do.
 */
export function plainCall(message: unknown): PlainCall | null {
  if (!isObject(message)) return null;
  const { jsonrpc, id, method, params, ...rest } = message;
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isObject(params) || !isEmpty(rest)) return null;
  if (typeof id !== 'string' && !Number.isSafeInteger(id)) return null;
  const { name, arguments: args = {}, _meta = {}, ...others } = params;
  if (typeof name !== 'string' || !isObject(args) || !isObject(_meta) || !isEmpty(others)) return null;
  const era = eraOf(_meta);
  return era && { id: id as string | number, tool: name, args, era };
}

/** Whether the headers of a request say what its body says (2026-07-28, transports, standard request headers). */
export function agrees(headers: Headers, { era, tool }: PlainCall): boolean {
  const version = headers.get('mcp-protocol-version');
  if (era === 'current') return version === CURRENT && headers.get('mcp-method') === 'tools/call' && headers.get('mcp-name') === tool;
  if (version !== null && !OLDER.has(version)) return false;
  const accept = headers.get('accept') ?? '';
  return accept.includes('application/json') && accept.includes('text/event-stream');
}

/** The current revision says in each request what the older ones say in a handshake. */
function eraOf(meta: Record<string, unknown>): Era | null {
  let claimed = 0;
  for (const key in meta) if (key.startsWith(KEY)) claimed++;
  if (claimed === 0) return 'older';
  const { [`${KEY}protocolVersion`]: version, [`${KEY}clientCapabilities`]: capabilities, [`${KEY}clientInfo`]: info } = meta;
  if (version !== CURRENT || !isObject(capabilities) || !Object.values(capabilities).every(isObject)) return null;
  if (claimed === 2) return info === undefined ? 'current' : null;
  return claimed === 3 && isObject(info) && typeof info.name === 'string' && typeof info.version === 'string' ? 'current' : null;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
