import { readdirSync } from 'node:fs';
import type { Code } from '../kernel/codes';
import type { Metrics as MetricsService } from '../areas/meta/service';
import { isUp, type PartStatus } from '../kernel/part';
import { counter, exposition, gauge, type Family, type Sample } from './metrics_text';

/** Upper bounds of the latency buckets in milliseconds; what is slower falls into the last, open one. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 50, 100, 500, 1000, 5000] as const;

/** Where values come from that somebody else counts. What is absent has no owner yet and is truly 0. */
export interface MetricSources {
  readonly version: string;
  readonly commit?: string;
  readonly uptimeMs: () => number;
  /** Live subscriptions; paused ones and those of clients that left do not count. */
  readonly subscriptions: () => number;
  /** Live sessions; requests in flight plus open streams when absent. */
  readonly sessions?: () => number;
  readonly canonicalRows?: () => number;
  readonly activeLocks?: () => number;
  readonly recorderEvents?: () => number;
  readonly parts?: () => readonly PartStatus[];
  /** What a part of the daemon shows of itself. */
  readonly more?: () => readonly Family[];
  /** Names (of ops and streams) and paths that may become labels. Any other counts as `unknown` or `other`: strangers cannot grow memory. */
  readonly ops: Iterable<string>;
  readonly paths: Iterable<string>;
}

interface OpCounts {
  total: number;
  sumMs: number;
  readonly buckets: Float64Array;
  readonly failures: Map<Code, number>;
}

/** Counters of one run of the daemon, in memory only. Recording a call costs one map look-up and a few increments. */
export class Metrics implements MetricsService {
  readonly #ops = new Map<string, OpCounts>();
  readonly #http = new Map<string, Map<number, number>>();
  #inFlight = 0;
  #streams = 0;

  constructor(private readonly sources: MetricSources) {
    for (const name of [...sources.ops, 'unknown'])
      this.#ops.set(name, { total: 0, sumMs: 0, buckets: new Float64Array(BOUNDS_MS.length + 1), failures: new Map() });
    for (const path of [...sources.paths, '/openapi/assets', 'other']) this.#http.set(path, new Map());
    for (const name of this.#ops.keys()) this.#http.set(`/op/${name}`, new Map());
  }

  /** One finished dispatch. The shape is the dispatcher's `Observer`. */
  op(name: string, code: Code | 'ok', millis: number): void {
    const counts = this.#ops.get(name) ?? this.#ops.get('unknown')!;
    counts.total++;
    counts.sumMs += millis;
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && millis > BOUNDS_MS[bucket]!) bucket++;
    counts.buckets[bucket]!++;
    if (code !== 'ok') counts.failures.set(code, (counts.failures.get(code) ?? 0) + 1);
  }

  /** One answered request; call it for `/metrics` before rendering, so that the text counts itself. */
  http(path: string, status: number): void {
    const counts =
      this.#http.get(path) ??
      this.#http.get(path.startsWith('/op/') ? '/op/unknown' : path.startsWith('/openapi/assets/') ? '/openapi/assets' : 'other')!;
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }

  enter(): void {
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
  }

  streamOpened(): void {
    this.#streams++;
  }

  streamClosed(): void {
    this.#streams--;
  }

  inFlight(): number {
    return this.#inFlight;
  }

  activeStreams(): number {
    return this.#streams;
  }

  activeSessions(): number {
    return this.sources.sessions?.() ?? this.#inFlight + this.#streams;
  }

  activeSubscriptions(): number {
    return this.sources.subscriptions();
  }

  canonicalRows(): number {
    return this.sources.canonicalRows?.() ?? 0;
  }

  activeLocks(): number {
    return this.sources.activeLocks?.() ?? 0;
  }

  recorderEvents(): number {
    return this.sources.recorderEvents?.() ?? 0;
  }

  /** Dispatches by op, in bytewise order; only ops that were called. */
  opTotal(): Record<string, number> {
    return Object.fromEntries(this.#used().map(([name, counts]) => [name, counts.total]));
  }

  /** Failed dispatches by op; only ops that failed. */
  opFailures(): Record<string, number> {
    return Object.fromEntries(this.#used().flatMap(([name, counts]) => (counts.failures.size === 0 ? [] : [[name, sum(counts.failures.values())]])));
  }

  /** Answered requests, sorted by path, then status. */
  httpTotal(): { path: string; code: number; count: number }[] {
    return [...this.#http]
      .toSorted(bytewise)
      .flatMap(([path, counts]) => [...counts].toSorted(([a], [b]) => a - b).map(([code, count]) => ({ path, code, count })));
  }

  /** The Prometheus text format 0.0.4: the contract's families in its order, then our own. */
  render(): string {
    return exposition([
      ...this.#contractFamilies(),
      ...this.#ownFamilies(),
      ...(this.sources.more?.() ?? []),
      ...processFamilies(this.sources.uptimeMs()),
    ]);
  }

  #contractFamilies(): Family[] {
    return [
      gauge('daemon_uptime_seconds', 'Whole seconds since the daemon started.', Math.floor(this.sources.uptimeMs() / 1000)),
      gauge('daemon_canonical_rows', 'Rows in the definition catalog.', this.canonicalRows()),
      gauge('daemon_active_sessions', 'Live sessions: connections, requests in flight and streams.', this.activeSessions()),
      gauge('daemon_active_subscriptions', 'Live subscriptions.', this.activeSubscriptions()),
      gauge('daemon_active_locks', 'Locks that are held.', this.activeLocks()),
      counter('daemon_recorder_events_total', 'Events taken in by recorder_ingest.', [{ value: this.recorderEvents() }]),
      counter('daemon_op_total', 'Dispatched calls by op.', byOp(this.opTotal())),
      counter('daemon_op_failures_total', 'Dispatched calls that failed, by op.', byOp(this.opFailures())),
      counter(
        'daemon_http_requests_total',
        'Answered HTTP requests by path and status.',
        this.httpTotal().map(({ path, code, count }) => ({ labels: { path, code: String(code) }, value: count })),
      ),
    ];
  }

  #ownFamilies(): Family[] {
    const used = this.#used();
    const parts = this.sources.parts?.() ?? [];
    return [
      {
        name: 'zd_build_info',
        type: 'gauge',
        help: 'Always 1; the labels say what runs.',
        samples: [{ labels: { version: this.sources.version, commit: this.sources.commit ?? '', bun: Bun.version }, value: 1 }],
      },
      gauge('zd_http_requests_in_flight', 'HTTP requests being answered; streams are counted apart.', this.#inFlight),
      gauge('zd_streams_active', 'Open event streams.', this.#streams),
      {
        name: 'zd_part_up',
        type: 'gauge',
        help: 'Whether a part of the daemon does its work, as the last probe found.',
        samples: parts.map((part) => ({ labels: { part: part.name }, value: isUp(part) ? 1 : 0 })),
      },
      counter(
        'zd_part_restarts_total',
        'Starts of a part of the daemon after its first one.',
        parts.map(({ name, restarts }) => ({ labels: { part: name }, value: restarts })),
      ),
      counter(
        'zd_op_errors_total',
        'Dispatched calls that failed, by op and error code.',
        used.flatMap(([op, counts]) => [...counts.failures].map(([code, value]) => ({ labels: { op, code }, value }))),
      ),
      {
        name: 'zd_op_duration_seconds',
        type: 'histogram',
        help: 'Time from dispatch to reply, by op.',
        samples: used.flatMap(([op, counts]) => histogram(op, counts)),
      },
    ];
  }

  #used(): [string, OpCounts][] {
    return [...this.#ops].filter(([, counts]) => counts.total > 0).toSorted(bytewise);
  }
}

function histogram(op: string, counts: OpCounts): Sample[] {
  let reached = 0;
  const buckets = Array.from(counts.buckets, (count, at): Sample => {
    reached += count;
    const bound = BOUNDS_MS[at];
    return { suffix: '_bucket', labels: { op, le: bound === undefined ? '+Inf' : String(bound / 1000) }, value: reached };
  });
  return [...buckets, { suffix: '_sum', labels: { op }, value: counts.sumMs / 1000 }, { suffix: '_count', labels: { op }, value: counts.total }];
}

/** The names every Prometheus client library gives to facts about its process. */
function processFamilies(uptimeMs: number): Family[] {
  const cpu = process.cpuUsage();
  const fds = openFiles();
  return [
    counter('process_cpu_seconds_total', 'User and system CPU time in seconds.', [{ value: (cpu.user + cpu.system) / 1e6 }]),
    gauge('process_resident_memory_bytes', 'Resident memory in bytes.', process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'Start of the process in seconds since the Unix epoch.', Math.floor((Date.now() - uptimeMs) / 1000)),
    ...(fds === null ? [] : [gauge('process_open_fds', 'Open file descriptors.', fds)]),
  ];
}

/** Null where the system does not tell. The listing itself holds one descriptor. */
function openFiles(): number | null {
  for (const folder of ['/proc/self/fd', '/dev/fd']) {
    try {
      return readdirSync(folder).length - 1;
    } catch {
      // Not on this system.
    }
  }
  return null;
}

const byOp = (totals: Record<string, number>): readonly Sample[] => Object.entries(totals).map(([op, value]) => ({ labels: { op }, value }));
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const bytewise = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
