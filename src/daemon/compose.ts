import type { Server } from 'bun';
import { appendFileSync, existsSync } from 'node:fs';
import { CacheStore } from '../areas/cache/store';
import { EventLog } from '../areas/event/log';
import { areas } from '../areas/index';
import { Watcher } from '../areas/watch/watcher';
import type { Services } from '../kernel/context';
import { Dispatcher, type Observer } from '../kernel/dispatch';
import type { Logger } from '../kernel/log';
import { Registry } from '../kernel/registry';
import { Db } from '../storage/db';
import { cacheMigrations, zdMigrations } from '../storage/migrations';
import { digestOf, type AccessRules, type Token } from '../transport/access';
import { Http } from '../transport/http';
import { Metrics } from '../transport/metrics';
import { buildOpenApi } from '../transport/openapi';
import { listenTcp } from '../transport/tcp';
import { listenUnix } from '../transport/unix';
import { swaggerPages } from '../web/swagger';
import type { ComposeInput, Daemon } from './lifecycle';
import type { LiveConfig } from './live';
import type { Paths } from './paths';
import { isLoopback, parseListen } from './values';

/** The label of the token in the state folder. */
const OWN_TOKEN = 'zd';

/**
 * Builds the daemon from its parts, in the order in which they need each other; nothing else in zd constructs things.
 * Stopping is disposing the stack, in reverse: listeners, streams, background work, databases.
 */
export async function compose({ paths, config, clock, log, logFiles, lifecycle, token }: ComposeInput): Promise<Daemon> {
  const stack = new AsyncDisposableStack();
  try {
    const zdDb = stack.adopt(new Db(paths.zdDb, { migrations: zdMigrations, durability: 'full' }), (db) => db.close());
    const cacheDb = stack.adopt(new Db(paths.cacheDb, { migrations: cacheMigrations, durability: 'normal' }), (db) => db.close());
    const cache = stack.adopt(new CacheStore(cacheDb, clock, log, () => cacheLimits(config)), (store) => store.stop());
    const events = stack.adopt(new EventLog(zdDb, clock, log, () => eventLimits(config)), (each) => each.stop());
    const watch = stack.adopt(new Watcher(clock, () => watchLimits(config)), (each) => each.stop());
    const registry = new Registry(areas);
    const metrics = new Metrics({
      version: lifecycle.version,
      commit: lifecycle.commit,
      uptimeMs: () => lifecycle.uptimeMs(),
      subscriptions: () => events.subscriptions(),
      ops: [...registry.names(), ...[...registry.streams.values(), ...registry.routes].map((item) => item.name)],
      paths: [
        '/',
        '/health',
        '/ops',
        '/metrics',
        '/openapi',
        '/openapi.json',
        '/openapi/json',
        ...registry.streams.keys(),
        ...registry.routes.map((route) => route.path),
      ],
    });
    const services: Services = { clock, log, events, cache, watch, config, metrics, lifecycle, logFiles };
    const dispatcher = new Dispatcher(registry, services, observer(metrics, log));
    const rules = accessRules(config, token);
    const document = lazy(
      () => rules(),
      ({ open, metricsOpen }) => buildOpenApi(registry, { version: lifecycle.version, tokenRequired: !open, metricsOpen }),
    );
    const http = new Http({
      dispatcher,
      rules,
      log,
      counters: metrics,
      limits: () => ({
        bodyBytes: config.value('limits.body_bytes'),
        maxDepth: config.value('limits.max_depth'),
        connections: config.value('limits.connections'),
        streams: config.value('limits.streams'),
        streamsPerToken: config.value('limits.streams_per_token'),
      }),
      health: () => ({ ok: true, version: lifecycle.version, uptime_ms: lifecycle.uptimeMs() }),
      pages: swaggerPages({ document }),
    });
    cache.start();
    events.start();
    const listeners = new Listeners(http, paths, config);
    listeners.open();
    return {
      addresses: listeners.addresses(),
      databases: [zdDb, cacheDb],
      watcher: () => watch.figures(),
      reload: async () => config.reload(),
      rebind: async () => listeners.heal(),
      async stop() {
        http.drain();
        await Promise.all([events.stop(), watch.stop()]);
        await listeners.close(config.value('shutdown.grace_ms'));
        await stack.disposeAsync();
      },
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The two doors of one application. */
class Listeners {
  private unix: Server<unknown> | undefined;
  private tcp: Server<unknown> | undefined;

  constructor(
    private readonly http: Http,
    private readonly paths: Paths,
    private readonly config: LiveConfig,
  ) {}

  open(): void {
    const listen = parseListen(this.config.value('http.listen'));
    if (listen) this.tcp = listenTcp(listen.host, listen.port, this.http);
    this.unix = listenUnix(this.paths.socket, this.http);
  }

  addresses(): Daemon['addresses'] {
    return { socket: this.paths.socket, tcp: this.tcp ? { host: this.tcp.hostname!, port: this.tcp.port! } : null };
  }

  /** The runtime folder may be wiped while the daemon lives; the old listener's clients keep their connections. */
  heal(): void {
    if (existsSync(this.paths.socket)) return;
    // The old listener removes the file under its name when it stops, so it goes first.
    void this.unix?.stop();
    this.unix = listenUnix(this.paths.socket, this.http);
  }

  /** Stops accepting, lets requests in flight finish within the budget, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    const servers = [this.unix, this.tcp].filter((server) => server !== undefined);
    const finished = Promise.all(servers.map((server) => server.stop()));
    const budget = Promise.withResolvers<void>();
    const timer = setTimeout(budget.resolve, graceMs);
    await Promise.race([finished, budget.promise]);
    clearTimeout(timer);
    await Promise.all(servers.map((server) => server.stop(true)));
  }
}

const cacheLimits = (config: LiveConfig) => ({
  maxValueBytes: config.value('cache.max_value_bytes'),
  maxKeyBytes: config.value('cache.max_key_bytes'),
  maxNsBytes: config.value('cache.max_ns_bytes'),
  maxNsEntries: config.value('cache.max_ns_entries'),
});

const eventLimits = (config: LiveConfig) => ({
  queue_events: config.value('limits.queue_events'),
  queue_bytes: config.value('limits.queue_bytes'),
  max_count: config.value('events.max_count'),
  max_age_secs: config.value('events.max_age_secs'),
  max_bytes: config.value('events.max_bytes'),
});

const watchLimits = (config: LiveConfig) => ({
  maxWatches: config.value('watch.max_watches'),
  maxDirectories: config.value('watch.max_directories'),
  maxEntries: config.value('watch.max_entries'),
  pollMs: config.value('watch.poll_ms'),
  queueEvents: config.value('limits.queue_events'),
  queueBytes: config.value('limits.queue_bytes'),
});

/** The rules of the TCP gate, built anew only when the configuration changes. */
function accessRules(config: LiveConfig, secret: string): () => AccessRules {
  const listen = parseListen(config.value('http.listen'));
  const build = (): AccessRules => {
    const open = config.value('http.open');
    const own: Token[] = open || listen === null ? [] : [{ label: OWN_TOKEN, digest: digestOf(secret), scopes: ['*'] }];
    const configured = config
      .value('http.tokens')
      .map(({ label, secret, scopes }): Token => ({ label, digest: digestOf(secret), scopes: scopes ?? ['*'] }));
    return {
      tokens: [...own, ...configured],
      open,
      hosts: [
        ...config.value('http.allowed_hosts').map((host) => host.toLowerCase()),
        ...(listen && !isLoopback(listen.host) ? [listen.host.toLowerCase()] : []),
      ],
      origins: config.value('http.allowed_origins'),
      metricsOpen: config.value('http.metrics_open') && (listen === null || isLoopback(listen.host)),
    };
  };
  let rules = build();
  config.onChange(() => {
    rules = build();
  });
  return () => rules;
}

/** A value made at first use and again when its key changes. */
function lazy<K, V>(key: () => K, make: (key: K) => V): () => V {
  let held: { key: K; value: V } | undefined;
  return () => {
    const now = key();
    if (!held || held.key !== now) held = { key: now, value: make(now) };
    return held.value;
  };
}

/** Counts every call; says who was refused what. `ZD_OP_TRACE` names a file that gets `op<TAB>code` per call, for test ledgers. */
function observer(metrics: Metrics, log: Logger): Observer {
  const trace = process.env.ZD_OP_TRACE;
  return (op, code, millis, caller) => {
    metrics.op(op, code, millis);
    if (code === 'scope_denied') log.warn('scope denied', { op, label: caller.label });
    if (trace) appendFileSync(trace, `${op}\t${code}\n`);
  };
}
