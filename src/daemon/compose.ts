import { appendFileSync } from 'node:fs';
import { ArtifactStore } from '../areas/artifact/store';
import { CacheStore } from '../areas/cache/store';
import { EventLog } from '../areas/event/log';
import { Subscribers } from '../areas/event/subscribers';
import { areas } from '../areas/index';
import { Locks } from '../areas/lock/locks';
import { LockStore } from '../areas/lock/store';
import { Jobs } from '../areas/job/jobs';
import { watchPart } from '../areas/watch/part';
import { Watcher } from '../areas/watch/watcher';
import type { Services } from '../kernel/context';
import { Dispatcher, type Observer } from '../kernel/dispatch';
import { armFailpoints } from '../kernel/failpoint';
import type { Logger } from '../kernel/log';
import { Registry } from '../kernel/registry';
import { BlobStore } from '../storage/blobs';
import { Db } from '../storage/db';
import { cacheMigrations, zdMigrations } from '../storage/migrations';
import { storagePart } from '../storage/part';
import { digestOf, type AccessRules, type Token } from '../transport/access';
import { Http } from '../transport/http';
import { Metrics } from '../transport/metrics';
import { buildOpenApi } from '../transport/openapi';
import { swaggerPages } from '../web/swagger';
import { composeSchedules } from './compose_schedule';
import type { ComposeInput, Daemon } from './lifecycle';
import { artifactLimits, cacheLimits, eventLimits, httpLimits, jobLimits, lockLimits, watchLimits } from './limits';
import { Listeners } from './listeners';
import type { LiveConfig } from './live';
import { Supervisor } from './supervisor';
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
    const parts = stack.adopt(new Supervisor(clock, log), (each) => each.stop());
    const locks = stack.adopt(new Locks(new LockStore(zdDb, events), clock, () => lockLimits(config)), (each) => each.stop());
    const jobs = stack.adopt(new Jobs(zdDb, clock, log, events, paths.jobsDir, () => jobLimits(config)), (each) => each.stop());
    const { schedules, scheduler } = composeSchedules({ db: zdDb, clock, log, events, jobs, config });
    stack.adopt(scheduler, (each) => each.stop());
    const artifacts = stack.adopt(
      new ArtifactStore(zdDb, new BlobStore(paths.artifacts), events, clock, log, () => artifactLimits(config)),
      (store) => store.stop(),
    );
    const watch = stack.adopt(new Watcher(clock, () => watchLimits(config)), (each) => each.stop());
    const registry = new Registry(areas);
    const metrics = new Metrics({
      version: lifecycle.version,
      commit: lifecycle.commit,
      uptimeMs: () => lifecycle.uptimeMs(),
      subscriptions: () => events.subscriptions(),
      parts: () => parts.list(),
      activeLocks: () => locks.held(),
      ops: [...registry.names(), ...[...registry.streams.values(), ...registry.routes].map((item) => item.name)],
      paths: [
        '/',
        '/health',
        '/ops',
        '/metrics',
        '/ws',
        '/openapi',
        '/openapi.json',
        '/openapi/json',
        ...registry.streams.keys(),
        ...registry.routes.map((route) => route.path),
      ],
    });
    const services: Services = {
      clock,
      log,
      events,
      cache,
      artifacts,
      schedules,
      jobs,
      locks,
      watch,
      config,
      metrics,
      lifecycle,
      logFiles,
      parts,
      subscribers: new Subscribers(() => config.value('limits.subscriptions')),
      webhooks: {
        channel: (name) => config.value('webhook').find((channel) => channel.name === name),
        maxDepth: () => config.value('limits.max_depth'),
      },
    };
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
      pages: swaggerPages({ document }),
    });
    config.onChange(() => http.review());
    const listeners = new Listeners(http, paths, parseListen(config.value('http.listen')));
    for (const part of [
      storagePart('zd_db', zdDb),
      storagePart('cache_db', cacheDb),
      cache.sweeper.part,
      events.part,
      scheduler.part,
      watchPart(() => watch.figures()),
      ...listeners.parts,
    ])
      parts.add(part);
    locks.start();
    await jobs.start();
    artifacts.start();
    await parts.start();
    armFailpoints();
    return {
      addresses: listeners.addresses(),
      databases: [zdDb, cacheDb],
      watcher: () => watch.figures(),
      reload: async () => config.reload(),
      parts: () => parts.list(),
      async stop() {
        http.drain();
        parts.halt();
        locks.stop();
        await Promise.all([events.stop(), watch.stop()]);
        await jobs.stop();
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
  return perVersion(config, build);
}

/** What is built from the configuration, anew only when that changes: it is asked for with every request. */
function perVersion<T>(config: LiveConfig, build: () => T): () => T {
  let built = build();
  config.onChange(() => {
    built = build();
  });
  return () => built;
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
