import { rmSync } from 'node:fs';

/** Processes and folders that may not outlive the benchmark, however that ends. */
const children = new Set<Bun.Subprocess>();
const folders = new Set<string>();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
// Without a handler a signal ends the process before its `exit`.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(code));

export function keep<T extends Bun.Subprocess>(child: T, folder?: string): T {
  children.add(child);
  if (folder !== undefined) folders.add(folder);
  void child.exited.then(() => children.delete(child));
  return child;
}

const STOP_MS = 10_000;

/** Ends a child in good order, by force when it takes too long, and removes its folder. */
export async function ended(child: Bun.Subprocess, folder: string): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await child.exited;
  clearTimeout(force);
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}
