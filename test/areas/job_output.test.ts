import { beforeAll, expect, test } from 'bun:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readEvents } from '../../src/kernel/event_stream';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';
import { listenTo } from '../helper/stream';
import { until } from '../helper/until';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
});

interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: any;
}

async function follow(query: string, init: RequestInit = {}) {
  const response = await daemon.fetch(`/stream/jobs?${query}`, init);
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  const next = async (): Promise<Heard> => {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    return { ...value, data: JSON.parse(value.data) };
  };
  const rest = async (): Promise<Heard[]> => {
    const all: Heard[] = [];
    for (let each = await next(); ; each = await next()) {
      all.push(each);
      if (each.event === 'complete') return all;
    }
  };
  return { next, rest, events };
}

const textOf = (heard: readonly Heard[], channel: string) =>
  Buffer.concat(
    heard.filter((each) => each.event === channel).map(({ data }) => Buffer.from(data.data ?? data.bytes_b64, 'data' in data ? 'utf8' : 'base64')),
  ).toString();

test('bytes that are not text come back as they are', async () => {
  const id = await jobs.sh(`printf 'a\\000\\377\\376b'`);
  await jobs.wait(id);
  expect(await jobs.ok('job_output', { id })).toMatchObject({ content: null, content_base64: 'YQD//mI=', bytes: 5 });
  expect(await jobs.ok('job_output', { id, encoding: 'lossy' })).toMatchObject({ content: 'a\0\ufffd\ufffdb' });
  expect(await jobs.ok('job_output', { id, encoding: 'base64', offset: 1, limit: 2 })).toMatchObject({
    content_base64: 'AP8=',
    next_offset: 3,
    complete: false,
  });
});

test('offsets, limits and last lines', async () => {
  const id = await jobs.sh(`printf 'one\\ntwo\\näöü\\nlast'`);
  await jobs.wait(id);
  const read = async (input: Record<string, unknown>) => {
    const { content, offset, next_offset } = await jobs.ok('job_output', { id, ...input });
    return [content, offset, next_offset];
  };
  expect(await read({ lines: 0 })).toEqual(['', 19, 19]);
  expect(await read({ lines: 1 })).toEqual(['last', 15, 19]);
  expect(await read({ lines: 2 })).toEqual(['äöü\nlast', 8, 19]);
  expect(await read({ lines: 99 })).toEqual(['one\ntwo\näöü\nlast', 0, 19]);
  expect(await read({ offset: 4, limit: 4 })).toEqual(['two\n', 4, 8]);
  expect(await read({ offset: 8, limit: 3 })).toEqual(['ä', 8, 10]);
  expect(await read({ offset: 10, limit: 3 })).toEqual(['ö', 10, 12]);
  expect(await read({ offset: 500 })).toEqual(['', 19, 19]);
  expect(await jobs.fails('job_output', { id, offset: 1, lines: 1 })).toEqual([400, 'bad_args', '/lines']);
  const closed = await jobs.sh(`printf 'a\\nb\\n'`);
  await jobs.wait(closed);
  expect((await jobs.ok('job_output', { id: closed, lines: 1 })).content).toBe('b\n');
});

test('a stream follows from any offset and resumes by its ids; complete comes last', async () => {
  const id = await jobs.sh(
    'echo 0; while read line; do :; done <&-; for n in 1 2 3 4 5; do echo $n; echo e$n >&2; sleep 0.05; done; printf end; exit 4',
  );
  const whole = (await (await follow(`id=${id}`)).rest()) as Heard[];
  expect(textOf(whole, 'stdout')).toBe('0\n1\n2\n3\n4\n5\nend');
  expect(textOf(whole, 'stderr')).toContain('e1\ne2\ne3\ne4\ne5\n');
  expect(whole.at(-1)).toMatchObject({ event: 'complete', data: { job_id: id, state: 'exited', exit_code: 4 } });
  expect(whole.filter((each) => each.event === 'complete')).toHaveLength(1);
  const middle = whole[2]!;
  const resumed = await (await follow(`id=${id}`, { headers: { 'last-event-id': middle.id } })).rest();
  for (const channel of ['stdout', 'stderr']) expect(textOf([...whole.slice(0, 3), ...resumed], channel)).toBe(textOf(whole, channel));
  expect(textOf(await (await follow(`id=${id}&from=10&channel=stdout`)).rest(), 'stdout')).toBe('5\nend');
  expect((await (await follow(`id=${id}&from=end`)).rest()).map((each) => each.event)).toEqual(['complete']);
  expect((await daemon.fetch(`/stream/jobs?id=${id}&from=x`)).status).toBe(400);
});

test('what a waiter sees is all there is', async () => {
  const id = await jobs.sh('for n in $(seq 1000); do echo line $n; done');
  await jobs.wait(id);
  const { content, complete } = await jobs.ok('job_output', { id });
  expect([content.trim().split('\n').length, complete]).toEqual([1000, true]);
});

test('output without an end stays bounded on disk and in memory, and the gap is told', async () => {
  const keep = 1024 * 1024;
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))![1]) * 1024;
  const before = rss();
  const id = await jobs.sh(`head -c 300000000 /dev/zero | tr '\\0' 'x'; echo tail`, { keep_output_bytes: keep });
  const heard = follow(`id=${id}&from=0`);
  await jobs.wait(id);
  const part = await jobs.ok('job_output', { id, limit: 2 * keep });
  expect(part.bytes).toBe(300_000_005);
  const kept = part.bytes - part.dropped_bytes;
  expect(kept).toBeGreaterThanOrEqual(keep);
  expect(kept).toBeLessThanOrEqual(keep * 1.125 + 4096);
  expect(part.offset).toBe(part.dropped_bytes);
  expect(part.content.endsWith('xtail\n')).toBe(true);
  expect(part.content.length).toBe(kept);
  expect(part.content).not.toContain('\0');
  const { output_path } = await jobs.job(id);
  await until('the space is given back', () => statSync(output_path).blocks * 512 < 2 * keep);
  expect(rss() - before).toBeLessThan(150e6);
  const frames = await (await heard).rest();
  const gaps = frames.filter((each) => each.event === 'gap');
  expect(gaps.length).toBeGreaterThan(0);
  const missed = gaps.reduce((sum, each) => sum + each.data.missed, 0);
  const given = frames.filter((each) => each.event === 'stdout').reduce((sum, each) => sum + each.data.bytes, 0);
  expect(missed + given).toBe(300_000_005);
  const logs = await daemon.zd('job', 'logs', String(id));
  expect(logs.stderr).toContain('bytes are no longer kept');
  expect(logs.stdout).toHaveLength(kept);
  await daemon.restart();
  expect(await jobs.ok('job_output', { id, limit: 1 })).toMatchObject({ dropped_bytes: part.dropped_bytes, content: 'x' });
});

test('the log has start, output and complete in this order', async () => {
  const stream = await listenTo(daemon, 'channel=job:*.*');
  const id = await jobs.sh('echo hello; echo oops >&2; exit 2', { tags: ['t'] });
  const seen: any[] = [];
  while (seen.at(-1)?.topic !== 'complete') {
    const { data } = await stream.next();
    if (data.scope === `job:${id}`) seen.push(data);
  }
  expect(seen.map((each) => each.topic)).toEqual(['start', 'stdout', 'stderr', 'complete']);
  expect(seen[0].data).toMatchObject({ command: ['/bin/sh', '-c', 'echo hello; echo oops >&2; exit 2'], pid: expect.any(Number), attempt: 1 });
  expect(seen[1].data).toEqual({ data: 'hello\n', bytes: 6, offset: 0 });
  expect(seen[2].data).toEqual({ data: 'oops\n', bytes: 5, offset: 0 });
  expect(seen[3].data).toMatchObject({ state: 'exited', exit_code: 2 });
});

test('without an id the stream tells of all jobs', async () => {
  const all = await follow('');
  const id = await jobs.sh('exit 0');
  const topics: string[] = [];
  while (topics.at(-1) !== 'complete') {
    const { event, data } = await all.next();
    if (data.scope === `job:${id}`) topics.push(`${event === 'pub' ? '' : event}${data.topic}`);
  }
  expect(topics).toEqual(['start', 'complete']);
});

test('a stop of the daemon ends streams and waits at once; the job goes on', async () => {
  const go = `${daemon.home}/stopped`;
  const id = await jobs.sh(`while [ ! -e ${go} ]; do sleep 0.02; done; echo late; exit 6`);
  await jobs.state(id, 'running');
  const stream = await follow(`id=${id}`);
  const waiting = daemon.call('job_wait', { id });
  // What is answered after it shows that it has arrived.
  for (let at = 0; at < 5; at++) await jobs.job(id);
  await daemon.restart();
  expect((await stream.next()).event).toBe('shutdown');
  expect((await waiting).body.code).toBe('shutting_down');
  writeFileSync(go, '');
  expect(await jobs.wait(id)).toMatchObject({ state: 'exited', exit_code: 6 });
  expect(await jobs.text(id)).toBe('late\n');
});
