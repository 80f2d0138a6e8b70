import { existsSync } from 'node:fs';

export interface Target {
  /** As in the name of the released file, `zd-<name>`. */
  readonly name: string;
  /** As Bun names it. */
  readonly bun: Bun.Build.CompileTarget;
}

/** Every platform zd is released for. */
export const targets: readonly Target[] = [
  { name: 'linux-x64', bun: 'bun-linux-x64' },
  { name: 'linux-arm64', bun: 'bun-linux-arm64' },
  { name: 'linux-x64-musl', bun: 'bun-linux-x64-musl' },
  { name: 'linux-arm64-musl', bun: 'bun-linux-arm64-musl' },
  { name: 'darwin-x64', bun: 'bun-darwin-x64' },
  { name: 'darwin-arm64', bun: 'bun-darwin-arm64' },
];

/** The platform this runs on. */
export function host(): Target {
  const musl = process.platform === 'linux' && existsSync(`/lib/ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`);
  const name = `${process.platform}-${process.arch}${musl ? '-musl' : ''}`;
  const found = targets.find((target) => target.name === name);
  if (!found) throw new Error(`zd is not built for ${name}; the platforms are ${targets.map((target) => target.name).join(', ')}`);
  return found;
}
