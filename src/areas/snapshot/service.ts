import type { Comparison } from './compare';
import type { Signature } from './signature';
import type { Listed } from './store';

export interface Saved {
  readonly path: string;
  readonly bytes: number;
  /** Of the snapshot it took the place of; 0 when there was none. */
  readonly bytesBefore: number;
  /** Nanoseconds. */
  readonly generation: number;
  readonly rows: number;
}

export interface Loaded {
  readonly generation: number;
  readonly rows: number;
  readonly removed: number;
  /** What the load changes, or would change. */
  readonly summary: { readonly added: number; readonly removed: number; readonly changed: number };
}

export interface Trusted {
  readonly sha256: string;
  readonly bytes: number;
  readonly publicKey: string;
  readonly trusted: 'supplied' | 'local';
}

/** States of the whole catalogue under tags. What these throw is a `ZdError`; tags are checked by each. */
export interface SnapshotService {
  save(tag: string, notes: string | null, replace: boolean): Promise<Saved>;
  list(): Promise<Listed[]>;
  /** All or nothing, durable when it resolves, told on the event log. `shellId`: only the definitions of that shell. */
  load(tag: string, shellId: string | null, dryRun: boolean): Promise<Loaded>;
  /** `null` for what holds now. */
  compare(before: string | null, after: string | null, attribution: boolean): Promise<Comparison>;
  remove(tag: string): Promise<void>;
  publicKey(): Promise<{ readonly publicKey: string; readonly path: string }>;
  sign(tag: string): Promise<Signature & { readonly path: string }>;
  /** Here, or with a registry as it lies there. */
  verify(tag: string, publicKey: string | null, registry: string | null): Promise<Trusted>;
  publish(tag: string, registry: string | null): Promise<{ readonly registry: string; readonly sha256: string }>;
  pull(
    tag: string,
    registry: string | null,
    publicKey: string | null,
    replace: boolean,
  ): Promise<Trusted & { readonly registry: string; readonly path: string }>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly snapshots: SnapshotService;
  }
}
