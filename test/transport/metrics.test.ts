import { expect, test } from 'bun:test';
import { Metrics } from '../../src/transport/metrics';
import { exposition } from '../../src/transport/metrics_text';
import { startDaemon } from '../helper/daemon';
import { until } from '../helper/until';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

/** The text format 0.0.4, read strictly: whatever Prometheus itself would refuse or only tolerate throws. */
function parse(text: string): Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families: Family[] = [];
  const seen = new Set<string>();
  const lines = text.slice(0, -1).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (help) {
      const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$/.exec(lines[++at] ?? '');
      if (!type || type[1] !== help[1]) throw new Error(`no TYPE after: ${line}`);
      if (families.some((family) => family.name === type[1])) throw new Error(`family twice: ${type[1]}`);
      families.push({ name: type[1]!, type: type[2]!, help: help[2]!, samples: [] });
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/.exec(
        line,
      );
    if (!sample) throw new Error(`not a line of the format: ${line}`);
    const family = families.at(-1);
    const suffix = family && sample[1]!.startsWith(family.name) ? sample[1]!.slice(family.name.length) : null;
    if (!family || !(family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).includes(suffix!))
      throw new Error(`outside its family: ${line}`);
    if (seen.has(`${sample[1]}{${sample[2]}`)) throw new Error(`twice: ${line}`);
    seen.add(`${sample[1]}{${sample[2]}`);
    const labels = Object.fromEntries(
      Array.from((sample[2] ?? '').matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g), (each) => [each[1]!, unescape(each[2]!)]),
    );
    family.samples.push({ name: sample[1]!, labels, value: Number(sample[3]!.replace('Inf', 'Infinity')) });
  }
  return families;
}

const unescape = (text: string): string => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

const CONTRACT = [
  ['daemon_uptime_seconds', 'gauge'],
  ['daemon_canonical_rows', 'gauge'],
  ['daemon_active_sessions', 'gauge'],
  ['daemon_active_subscriptions', 'gauge'],
  ['daemon_active_locks', 'gauge'],
  ['daemon_recorder_events_total', 'counter'],
  ['daemon_op_total', 'counter'],
  ['daemon_op_failures_total', 'counter'],
  ['daemon_http_requests_total', 'counter'],
];

const fresh = () =>
  new Metrics({
    version: '1.2.3',
    commit: 'abc',
    uptimeMs: () => 4999,
    subscriptions: () => 7,
    ops: ['ping', 'cache_get'],
    paths: ['/health', '/metrics'],
  });
const family = (text: string, name: string): Family => parse(text).find((each) => each.name === name)!;
const value = (text: string, name: string, labels: Record<string, string> = {}): number | undefined =>
  parse(text)
    .flatMap((each) => each.samples)
    .find((sample) => sample.name === name && Bun.deepEquals(sample.labels, labels))?.value;

test('the families of the contract come first, in its order, also without samples', () => {
  const families = parse(fresh().render());
  expect(families.slice(0, CONTRACT.length).map(({ name, type }) => [name, type])).toEqual(CONTRACT);
  expect(families.find(({ name }) => name === 'daemon_op_total')!.samples).toEqual([]);
  expect(value(fresh().render(), 'daemon_uptime_seconds')).toBe(4);
  expect(value(fresh().render(), 'daemon_active_subscriptions')).toBe(7);
});

test('calls are counted by op, failures by op and code, sorted bytewise', () => {
  const metrics = fresh();
  metrics.op('ping', 'ok', 0.05);
  metrics.op('cache_get', 'ok', 0.3);
  metrics.op('cache_get', 'no_such_file', 20);
  metrics.op('cache_get', 'bad_args', 9999);
  const text = metrics.render();
  expect(family(text, 'daemon_op_total').samples.map(({ labels, value: n }) => [labels.op, n])).toEqual([
    ['cache_get', 3],
    ['ping', 1],
  ]);
  expect(family(text, 'daemon_op_failures_total').samples).toEqual([{ name: 'daemon_op_failures_total', labels: { op: 'cache_get' }, value: 2 }]);
  expect(value(text, 'zd_op_errors_total', { op: 'cache_get', code: 'no_such_file' })).toBe(1);
  expect(metrics.opTotal()).toEqual({ cache_get: 3, ping: 1 });
  expect(metrics.opFailures()).toEqual({ cache_get: 2 });
});

test('the latency histogram is cumulative and agrees with its own sum and count', () => {
  const metrics = fresh();
  for (const millis of [0.05, 0.1, 0.3, 20, 9999]) metrics.op('ping', 'ok', millis);
  const samples = family(metrics.render(), 'zd_op_duration_seconds').samples;
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'));
  expect(buckets.map(({ labels }) => Number(labels.le!.replace('+Inf', 'Infinity')))).toEqual(
    buckets.map(({ labels }) => Number(labels.le!.replace('+Inf', 'Infinity'))).toSorted((a, b) => a - b),
  );
  expect(buckets.find(({ labels }) => labels.le === '0.0001')!.value).toBe(2);
  expect(buckets.find(({ labels }) => labels.le === '0.05')!.value).toBe(4);
  expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 5 });
  expect(samples.find(({ name }) => name.endsWith('_count'))!.value).toBe(5);
  expect(samples.find(({ name }) => name.endsWith('_sum'))!.value).toBeCloseTo(10.01945, 9);
});

test('names nobody declared cannot add labels', () => {
  const metrics = fresh();
  for (let each = 0; each < 1000; each++) {
    metrics.op(`made_up_${each}`, 'unknown_op', 0);
    metrics.http(`/made/up/${each}`, 404);
    metrics.http(`/op/made_up_${each}`, 404);
    metrics.http(`/openapi/assets/${each}`, 404);
  }
  expect(metrics.opTotal()).toEqual({ unknown: 1000 });
  expect(metrics.httpTotal()).toEqual([
    { path: '/op/unknown', code: 404, count: 1000 },
    { path: '/openapi/assets', code: 404, count: 1000 },
    { path: 'other', code: 404, count: 1000 },
  ]);
});

test('requests are sorted by path, then status', () => {
  const metrics = fresh();
  for (const [path, status] of [
    ['/op/ping', 500],
    ['/metrics', 200],
    ['/op/ping', 200],
    ['/health', 200],
    ['/op/ping', 401],
  ] as const)
    metrics.http(path, status);
  expect(metrics.httpTotal().map(({ path, code }) => `${path} ${code}`)).toEqual([
    '/health 200',
    '/metrics 200',
    '/op/ping 200',
    '/op/ping 401',
    '/op/ping 500',
  ]);
});

test('gauges follow what is open now', () => {
  const metrics = fresh();
  metrics.enter();
  metrics.enter();
  metrics.leave();
  metrics.streamOpened();
  metrics.streamOpened();
  expect(metrics.activeSessions()).toBe(3);
  expect(value(metrics.render(), 'zd_http_requests_in_flight')).toBe(1);
  expect(value(metrics.render(), 'zd_streams_active')).toBe(2);
});

test('label values survive quotes, backslashes and line feeds', () => {
  const odd = 'a"b\\c\nd';
  const text = exposition([{ name: 'x', type: 'gauge', help: 'back\\slash\nand line', samples: [{ labels: { odd }, value: 1 }] }]);
  expect(parse(text)[0]!.samples[0]!.labels).toEqual({ odd });
});

test('GET /metrics of a daemon is the text format and counts itself, refused calls and unknown names', async () => {
  const daemon = await startDaemon();
  await daemon.call('ping');
  await daemon.call('no_such_op');
  await daemon.call('ping', { bogus: 1 });
  await daemon.tcp('/op/ping', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  await daemon.fetch('/nowhere/at/all');
  const response = await daemon.fetch('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  expect(
    parse(text)
      .slice(0, CONTRACT.length)
      .map(({ name, type }) => [name, type]),
  ).toEqual(CONTRACT);
  expect(value(text, 'daemon_op_total', { op: 'ping' })).toBe(2);
  expect(value(text, 'daemon_op_total', { op: 'unknown' })).toBe(1);
  expect(value(text, 'daemon_op_failures_total', { op: 'ping' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: '/op/ping', code: '200' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: '/op/ping', code: '400' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: '/op/ping', code: '401' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: '/op/unknown', code: '404' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: 'other', code: '404' })).toBe(1);
  expect(value(text, 'daemon_http_requests_total', { path: '/metrics', code: '200' })).toBe(1);
  expect(value(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  const listed = await daemon.call('metrics');
  expect(listed.body.op_total).toMatchObject({ ping: 2, unknown: 1 });
});

test('an open stream shows in the gauges and leaves them when its client does', async () => {
  const daemon = await startDaemon();
  const leave = new AbortController();
  const gauges = async () => {
    const text = await (await daemon.fetch('/metrics')).text();
    return [value(text, 'zd_streams_active'), value(text, 'daemon_active_subscriptions')];
  };
  const stream = await daemon.fetch('/stream/events', { signal: leave.signal });
  expect(stream.status).toBe(200);
  expect(await gauges()).toEqual([1, 1]);
  expect(value(await (await daemon.fetch('/metrics')).text(), 'daemon_op_total', { op: 'stream_events' })).toBe(1);
  leave.abort();
  await until('the gauges are back at zero', async () => Bun.deepEquals(await gauges(), [0, 0]));
});
