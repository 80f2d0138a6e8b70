import type { LiveConfig } from './live';

// The settings of each part in its own terms. A part asks at each use, so a changed setting holds at once.

export const cacheLimits = (config: LiveConfig) => ({
  maxValueBytes: config.value('cache.max_value_bytes'),
  maxKeyBytes: config.value('cache.max_key_bytes'),
  maxNsBytes: config.value('cache.max_ns_bytes'),
  maxNsEntries: config.value('cache.max_ns_entries'),
});

export const lockLimits = (config: LiveConfig) => ({
  defaultTtlMs: config.value('lock.default_ttl_secs') * 1000,
  maxEntries: config.value('lock.max_entries'),
});

export const artifactLimits = (config: LiveConfig) => ({
  maxBlobBytes: config.value('artifact.max_blob_bytes'),
  maxInlineBytes: config.value('artifact.max_inline_bytes'),
  maxNsBytes: config.value('artifact.max_ns_bytes'),
  maxBytes: config.value('artifact.max_bytes'),
  graceMs: config.value('artifact.grace_secs') * 1000,
  compress: config.value('artifact.compress'),
});

export const eventLimits = (config: LiveConfig) => ({
  queue_events: config.value('limits.queue_events'),
  queue_bytes: config.value('limits.queue_bytes'),
  max_count: config.value('events.max_count'),
  max_age_secs: config.value('events.max_age_secs'),
  max_bytes: config.value('events.max_bytes'),
  kinds: config.value('events.kinds'),
  dedup_secs: config.value('events.dedup_secs'),
  authenticated: !config.value('http.open'),
});

export const jobLimits = (config: LiveConfig) => ({
  parallel: config.value('job.parallel'),
  maxQueued: config.value('job.max_queued'),
  keepOutputBytes: config.value('job.keep_output_bytes'),
  keep: { count: config.value('job.keep_ended'), secs: config.value('job.keep_secs') },
});

export const watchLimits = (config: LiveConfig) => ({
  maxWatches: config.value('watch.max_watches'),
  maxDirectories: config.value('watch.max_directories'),
  maxEntries: config.value('watch.max_entries'),
  pollMs: config.value('watch.poll_ms'),
  queueEvents: config.value('limits.queue_events'),
  queueBytes: config.value('limits.queue_bytes'),
});

export const httpLimits = (config: LiveConfig) => ({
  bodyBytes: config.value('limits.body_bytes'),
  maxDepth: config.value('limits.max_depth'),
  connections: config.value('limits.connections'),
  streams: config.value('limits.streams'),
  streamsPerToken: config.value('limits.streams_per_token'),
});
