import { beforeAll, expect, test } from 'bun:test';
import { bytesOf, sha256, upload } from '../helper/artifacts';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
const content = bytesOf(100_000);
const digest = sha256(content);

beforeAll(async () => {
  daemon = await startDaemon();
  expect((await upload(daemon, 'file', content, { 'content-type': 'image/png' })).status).toBe(201);
});

const get = (name: string, headers: Record<string, string> = {}) => daemon.fetch(`/artifact/${name}`, { headers });
const code = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a download gives the ranges of RFC 9110', async () => {
  for (const [range, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=99990-200000', 99_990, 99_999],
    ['bytes=-5', 99_995, 99_999],
    ['bytes=-200000', 0, 99_999],
    ['Bytes=5-6', 5, 6],
  ] as const) {
    const reply = await get('file', { range });
    expect([range, reply.status, reply.headers.get('content-range')]).toEqual([range, 206, `bytes ${first}-${last}/100000`]);
    expect(new Uint8Array(await reply.arrayBuffer())).toEqual(content.slice(first, last + 1));
    expect(reply.headers.get('content-length')).toBe(String(last - first + 1));
  }
  for (const range of [
    'bytes=5-2',
    'lines=1-2',
    'bytes=a-b',
    'bytes=-',
    'bytes=0-1,a',
    'bytes=0-60000,40000-',
    `bytes=${Array(33).fill('1-1').join()}`,
    'bytes',
  ])
    expect([range, (await get('file', { range })).status]).toEqual([range, 200]);
  for (const range of ['bytes=100000-', 'bytes=200000-300000', 'bytes=-0']) {
    const reply = await get('file', { range });
    expect([range, reply.status, reply.headers.get('content-range')]).toEqual([range, 416, 'bytes */100000']);
    expect(await code(reply)).toBe('range_not_satisfiable');
  }
});

test('a download gives several ranges as one multipart body, in the order they were asked for', async () => {
  const reply = await get('file', { range: 'bytes=5-6, 200000-, -3,0-0' });
  const type = reply.headers.get('content-type')!;
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type)![1]!;
  const body = Buffer.from(await reply.arrayBuffer());
  expect([reply.status, reply.headers.get('content-length'), reply.headers.get('content-range')]).toEqual([206, String(body.length), null]);
  const part = (first: number, last: number) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Type: image/png\r\nContent-Range: bytes ${first}-${last}/100000\r\n\r\n`),
      content.slice(first, last + 1),
      Buffer.from('\r\n'),
    ]);
  expect(body).toEqual(Buffer.concat([part(5, 6), part(99_997, 99_999), part(0, 0), Buffer.from(`--${boundary}--\r\n`)]));
  const one = await get('file', { range: 'bytes=300000-,7-8' });
  expect([one.status, one.headers.get('content-range'), one.headers.get('content-type')]).toEqual([206, 'bytes 7-8/100000', 'image/png']);
  expect((await get('file', { range: 'bytes=100000-,200000-' })).status).toBe(416);
});

test('a download gives a range only of the content the client knows', async () => {
  const of = async (tag: string) => (await get('file', { range: 'bytes=0-1', 'if-range': tag })).status;
  expect([await of(`"${digest}"`), await of(`W/"${digest}"`), await of('"other"'), await of('Sat, 21 Nov 2026 10:00:00 GMT')]).toEqual([
    206, 200, 200, 200,
  ]);
});
