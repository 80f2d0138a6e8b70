/** What the load client sends: the same keys and values to zd over HTTP and to redis over RESP. */
export type Protocol = 'http' | 'ws' | 'resp';
export type Kind = 'get' | 'put' | 'batch' | 'publish' | 'publishes' | 'submit' | 'history' | 'nchan';

export const KEYS = 1000;
export const BATCH = 100;
export const VALUE = 'v'.repeat(100);
/** Jobs of this group are stored and never started: it is paused. */
export const PAUSED_GROUP = 'bench';
const key = (at: number) => `key:${String(at % KEYS).padStart(4, '0')}`;

/** Every request of a kind once, ready to write; a connection walks through them in turn. */
export function requests(protocol: Protocol, kind: Kind, token: string | null): Uint8Array[] {
  const count = kind === 'batch' || kind === 'publishes' ? KEYS / BATCH : KEYS;
  return Array.from({ length: count }, (_, at) => Buffer.from(request(protocol, kind, at, token)));
}

function request(protocol: Protocol, kind: Kind, at: number, token: string | null): string | Uint8Array {
  if (protocol === 'resp') return resp(kind, at);
  return protocol === 'http' ? http(kind, at, token) : socketCall(...callOf(kind, at));
}

/** One call of an operation over `/ws`. */
export const socketCall = (op: string, args: object): Uint8Array => frame(JSON.stringify({ id: 1, op, args }));

/** What a connection begins with before its first request: the handshake of RFC 6455 for a WebSocket, nothing otherwise. */
export const opening = (protocol: Protocol, token: string | null): string | null =>
  protocol === 'ws'
    ? `GET /ws HTTP/1.1\r\nhost: localhost\r\n${bearer(token)}upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
    : null;

/** A masked text frame (RFC 6455 §5.2) of at most 65,535 bytes. The mask is zero: it guards proxies, and there is none here. */
function frame(text: string): Uint8Array {
  const payload = Buffer.from(text);
  const size = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...size, 0, 0, 0, 0]), payload]);
}

const bearer = (token: string | null): string => (token ? `authorization: Bearer ${token}\r\n` : '');

/** One SET or GET, as an array of bulk strings (RESP2). */
function resp(kind: Kind, at: number): string {
  const words = kind === 'put' ? ['SET', key(at), VALUE] : ['GET', key(at)];
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const OPS = {
  get: (at: number) => ['cache_get', { ns: 'bench', key: key(at) }],
  put: (at: number) => ['cache_put', { ns: 'bench', key: key(at), value: VALUE }],
  batch: (at: number) => [
    'cache_batch',
    { ns: 'bench', ops: Array.from({ length: BATCH }, (_, n) => ({ op: 'put', key: key(at * BATCH + n), value: VALUE })) },
  ],
  history: (at: number) => ['history_append', { line: `bench command ${at} --with ${VALUE.slice(0, 20)}`, exit_code: at % 3, cwd: '/home/bench' }],
  publish: (at: number) => ['publish', { topic: 'bench.tick', data: { n: at } }],
  publishes: (at: number) => [
    'publish_batch',
    { events: Array.from({ length: BATCH }, (_, n) => ({ topic: 'bench.tick', data: { n: at * BATCH + n } })) },
  ],
  submit: () => ['job_submit', { command: ['true'], cwd: '/', group: PAUSED_GROUP }],
} as const satisfies Record<Exclude<Kind, 'nchan'>, (at: number) => readonly [string, object]>;

function http(kind: Kind, at: number, token: string | null): string {
  if (kind === 'nchan') return `POST /pub HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${VALUE.length}\r\n\r\n${VALUE}`;
  const [op, input] = callOf(kind, at);
  return httpRequest(op, input, token);
}

function callOf(kind: Kind, at: number): readonly [string, object] {
  if (kind === 'nchan') throw new Error('nchan has no operations');
  return OPS[kind](at);
}

/** One call of an operation over HTTP/1.1, with no headers but those it needs. */
export function httpRequest(op: string, input: object, token: string | null): string {
  const body = JSON.stringify(input);
  return `POST /op/${op} HTTP/1.1\r\nhost: localhost\r\n${bearer(token)}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LENGTH = Buffer.from('ontent-length: ', 'latin1');
const LENGTH_UPPER = Buffer.from('ontent-Length: ', 'latin1');

/** Bytes of the first reply in the buffer, 0 while it is incomplete; throws on a refusal, so only successes are counted. */
export function replyLength(protocol: Protocol, data: Buffer): number {
  return protocol === 'http' ? httpLength(data) : protocol === 'ws' ? frameLength(data) : respLength(data);
}

const OK = Buffer.from('"ok":true');

/** One unmasked text frame with a reply, of at most 65,535 bytes. */
function frameLength(data: Buffer): number {
  if (data.length < 4) return 0;
  const short = data[1]!;
  const length = short < 126 ? 2 + short : 4 + data.readUInt16BE(2);
  if (data.length < length) return 0;
  if (data[0] !== 0x81 || data.indexOf(OK) === -1) throw new Error(`zd refused: ${data.toString('utf8', 0, 400)}`);
  return length;
}

function httpLength(data: Buffer): number {
  const head = data.indexOf(END_OF_HEAD);
  if (head === -1) return 0;
  let from = data.indexOf(LENGTH);
  if (from === -1) from = data.indexOf(LENGTH_UPPER);
  if (data[9] !== 0x32 || from === -1 || from > head) throw new Error(`zd refused: ${data.toString('utf8', 0, 400)}`);
  const length = head + 4 + decimal(data, from + LENGTH.length);
  return data.length >= length ? length : 0;
}

function respLength(data: Buffer): number {
  const line = data.indexOf(0x0a);
  if (line === -1) return 0;
  if (data[0] === 0x2b) return line + 1;
  if (data[0] !== 0x24 || data[1] === 0x2d) throw new Error(`redis refused: ${data.toString('utf8', 0, 200)}`);
  const length = line + 1 + decimal(data, 1) + 2;
  return data.length >= length ? length : 0;
}

function decimal(data: Buffer, from: number): number {
  let value = 0;
  for (let at = from, byte = data[at]!; byte >= 0x30 && byte <= 0x39; byte = data[++at]!) value = value * 10 + byte - 0x30;
  return value;
}
