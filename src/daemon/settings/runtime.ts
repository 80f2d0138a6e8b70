import { KiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'runtime.lease_secs': number;
    readonly 'runtime.max_sessions': number;
    readonly 'runtime.keep_checkpoints': number;
    readonly 'runtime.checkpoint_bytes': number;
    readonly 'runtime.memory_bytes': number;
    readonly 'runtime.payload_bytes': number;
  }
}

/** Agents' sessions of work, and what is kept of them. */
export const runtimeSettings = [
  setting('runtime.lease_secs', 120, {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    doc: 'How long a session of work lives without a heartbeat, when it does not say.',
  }),
  setting('runtime.max_sessions', 1000, { type: 'integer', min: 1, max: 100_000, doc: 'Sessions of work; those cleared longest ago make room.' }),
  setting('runtime.keep_checkpoints', 100, { type: 'integer', min: 1, max: 10_000, doc: 'Checkpoints kept of a session.' }),
  setting('runtime.checkpoint_bytes', 256 * KiB, { type: 'integer', unit: 'bytes', min: KiB, doc: 'State of a checkpoint.' }),
  setting('runtime.memory_bytes', 256 * KiB, { type: 'integer', unit: 'bytes', min: KiB, doc: 'What a profile remembers at most.' }),
  setting('runtime.payload_bytes', 16 * KiB, {
    type: 'integer',
    unit: 'bytes',
    min: 256,
    doc: 'Payload of a runtime event; larger members are left out.',
  }),
];
