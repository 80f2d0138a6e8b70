import { appendFileSync } from 'node:fs';
import { areas } from '../areas/index';
import type { Services } from '../kernel/context';
import { Dispatcher, type Observer } from '../kernel/dispatch';
import { armFailpoints } from '../kernel/failpoint';
import type { Logger } from '../kernel/log';
import { Registry } from '../kernel/registry';
import { Db } from '../storage/db';
import { cacheMigrations, zdMigrations } from '../storage/migrations';
import { storagePart } from '../storage/part';
import { Http } from '../transport/http';
import { Mcp } from '../transport/mcp/endpoint';
import { Metrics } from '../transport/metrics';
import { eventFamilies } from '../transport/metrics_events';
import { buildOpenApi } from '../transport/openapi';
import { swaggerPages } from '../web/swagger';
import { uiPages } from '../web/ui';
import { accessRules } from './access_rules';
import { composeEvents } from './areas/event';
import { composeAreas } from './compose_areas';
import type { Ground } from './ground';
import type { ComposeInput, Daemon } from './lifecycle';
import { Listeners } from './listeners';
import { perVersion, type LiveConfig } from './live';
import { tellOfParts } from './part_events';
import { Supervisor } from './supervisor';
import { parseListen } from './values';

/** Paths that are neither streams nor routes of an area. */
const OWN_PATHS = ['/', '/health', '/ops', '/metrics', '/ws', '/openapi', '/openapi.json', '/openapi/json', '/ui', '/mcp'];

/** Longer than the first answer takes, and far shorter than anything upkeep is bound to. */
const UPKEEP_AFTER_MS = 20;

/**
 * Builds the daemon from its parts, in the order in which they need each other; what is built for an area is in `areas/`, and nothing
 * else in zd constructs things. Stopping is disposing the stack, in reverse: listeners, streams, background work, databases.
 */
export async function compose({ paths, config, clock, log, logFiles, lifecycle, token }: ComposeInput): Promise<Daemon> {
  const stack = new AsyncDisposableStack();
  try {
    const zdDb = stack.adopt(new Db(paths.zdDb, { migrations: zdMigrations, durability: 'full' }), (db) => db.close());
    const cacheDb = stack.adopt(new Db(paths.cacheDb, { migrations: cacheMigrations, durability: 'normal', reclaims: true }), (db) => db.close());
    const parts = stack.adopt(new Supervisor(clock, log), (each) => each.stop());
    parts.add(storagePart('zd_db', zdDb));
    parts.add(storagePart('cache_db', cacheDb));
    const starts: (() => void | Promise<void>)[] = [];
    const stops: (() => void | Promise<void>)[] = [];
    const registry = new Registry(areas);
    const bare: Omit<Ground, 'events'> = {
      ...{ stack, paths, config, clock, log, zdDb, cacheDb, parts },
      effectOf: (op) => registry.ops.get(op)?.effect ?? null,
      onStart: (run) => void starts.push(run),
      onStop: (run) => void stops.push(run),
    };
    const events = composeEvents(bare);
    tellOfParts(parts, events, log);
    const areaServices = composeAreas({ ...bare, events });
    const metrics = new Metrics({
      version: lifecycle.version,
      commit: lifecycle.commit,
      uptimeMs: () => lifecycle.uptimeMs(),
      subscriptions: () => events.subscriptions(),
      parts: () => parts.list(),
      more: () => eventFamilies(events.figures()),
      activeLocks: () => areaServices.locks.held(),
      ops: [...registry.names(), ...[...registry.streams.values(), ...registry.routes].map((item) => item.name)],
      paths: [...OWN_PATHS, ...registry.streams.keys(), ...registry.routes.map((route) => route.path)],
    });
    const services: Services = { ...areaServices, clock, log, events, config, metrics, lifecycle, logFiles, parts };
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
      limits: perVersion(config, () => httpLimits(config)),
      health: { version: lifecycle.version, uptimeMs: () => lifecycle.uptimeMs(), parts: () => parts.list() },
      pages: swaggerPages({ document }).use(uiPages()),
      mcp: new Mcp({
        ...{ dispatcher, limits: () => httpLimits(config), version: lifecycle.version, allow: () => config.value('mcp.allow') },
        ...{ watch: services.runtime.watch, gate: services.runtime.gate },
      }),
      speaker: (key) => services.shells.identityOf(key),
    });
    config.onChange(() => http.review());
    const listeners = new Listeners(http, paths, parseListen(config.value('http.listen')));
    for (const part of listeners.parts) parts.add(part);
    for (const start of starts) await start();
    await parts.startEssential();
    armFailpoints();
    // First rounds of upkeep take some milliseconds; whoever waits for the first answer need not wait for them.
    setTimeout(() => parts.startOthers(), UPKEEP_AFTER_MS).unref();
    return {
      addresses: listeners.addresses(),
      databases: [zdDb, cacheDb],
      watcher: () => services.watch.figures(),
      reload: async () => config.reload(),
      parts: () => parts.list(),
      async stop() {
        http.drain();
        parts.halt();
        for (const stop of stops) await stop();
        await listeners.close(config.value('shutdown.grace_ms'));
        await stack.disposeAsync();
      },
    };
  } catch (error) {
    // What made the start fail may make the way back fail too; only the first is of interest.
    await stack.disposeAsync().catch((second: unknown) => log.warn('the failed start was not undone', { error: second }));
    throw error;
  }
}

const httpLimits = (config: LiveConfig) => ({
  bodyBytes: config.value('limits.body_bytes'),
  maxDepth: config.value('limits.max_depth'),
  connections: config.value('limits.connections'),
  streams: config.value('limits.streams'),
  streamsPerToken: config.value('limits.streams_per_token'),
  frameBytes: config.value('session.frame_bytes'),
});

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
