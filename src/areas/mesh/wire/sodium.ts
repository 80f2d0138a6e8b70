import type Wrappers from 'libsodium-wrappers';

export type Sodium = typeof Wrappers;

let loading: Promise<Sodium> | undefined;

/** The library, ready for use. It is WebAssembly of some megabytes, so nothing loads it before a mesh needs it. */
export function loadSodium(): Promise<Sodium> {
  return (loading ??= import('libsodium-wrappers').then(async ({ default: sodium }) => {
    await sodium.ready;
    return sodium;
  }));
}
