import { MiB, GiB, setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'artifact.max_blob_bytes': number;
    readonly 'artifact.max_inline_bytes': number;
    readonly 'artifact.max_ns_bytes': number;
    readonly 'artifact.max_bytes': number;
    readonly 'artifact.grace_secs': number;
    readonly 'artifact.compress': boolean;
  }
}

/** Artifacts. */
export const artifactSettings = [
  setting('artifact.max_blob_bytes', 64 * GiB, { type: 'integer', unit: 'bytes', min: 1, max: 1024 * GiB, doc: 'Largest artifact.' }),
  setting('artifact.max_inline_bytes', 8 * MiB, {
    type: 'integer',
    unit: 'bytes',
    min: 1,
    max: 32 * MiB,
    doc: 'Largest artifact that travels inside JSON, as base64; beyond it there is /artifact/NAME.',
  }),
  setting('artifact.max_ns_bytes', 0, {
    type: 'integer',
    unit: 'bytes',
    doc: 'Quota of one artifact namespace (what stands before the first slash of a name); 0 for none.',
  }),
  setting('artifact.max_bytes', 0, {
    type: 'integer',
    unit: 'bytes',
    doc: 'Above it the least recently used artifacts go by themselves, pinned ones never; 0 for never.',
  }),
  setting('artifact.grace_secs', 2, {
    type: 'integer',
    unit: 'seconds',
    max: 86_400,
    doc: 'How long after its put an artifact is safe from every collection.',
  }),
  setting('artifact.compress', false, { type: 'boolean', doc: 'New artifacts are kept compressed with zstd; what is there stays as it is.' }),
];
