import { compileGlob } from '../../areas/event/glob';
import { parseSince } from '../../areas/event/since';
import { Runtime } from '../../areas/runtime/runtime';
import type { Ground } from '../ground';

export function composeRuntime({ stack, zdDb, events, clock, log, config, effectOf, parts, onStart, onStop }: Ground): Runtime {
  const limits = () => ({
    leaseMs: config.value('runtime.lease_secs') * 1000,
    maxSessions: config.value('runtime.max_sessions'),
    keepCheckpoints: config.value('runtime.keep_checkpoints'),
    checkpointBytes: config.value('runtime.checkpoint_bytes'),
    memoryBytes: config.value('runtime.memory_bytes'),
    payloadBytes: config.value('runtime.payload_bytes'),
    expireMs: config.value('policy.expire_secs') * 1000,
    maxPending: config.value('policy.max_pending'),
  });
  const policy = () => ({
    rules: config.value('policy.rules'),
    fallback: config.value('policy.default'),
    waitMs: config.value('policy.wait_secs') * 1000,
  });
  const since = (text: string) => parseSince(text, clock.now());
  const deps = { db: zdDb, clock, log, events, limits, policy, glob: compileGlob, effectOf, since };
  const runtime = stack.adopt(new Runtime(deps), (each) => each.stop());
  parts.add(runtime.part);
  onStart(() => runtime.start());
  onStop(() => runtime.stop());
  return runtime;
}
