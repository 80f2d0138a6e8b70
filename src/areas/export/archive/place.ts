import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failpoint } from '../../../kernel/failpoint';
import { syncNow, UNFINISHED } from '../../../storage/durable_file';
import { MANIFEST, OVERRIDES, PENDING, REPLACED, REPLACED_PREFIX, type Home } from './layout';

/** How many earlier states are kept. */
const KEPT = 2;
const PLAN = 'plan.json';

/** Whether a backup waits to be put in place. */
export const isPending = (data: string): boolean => existsSync(join(data, PENDING, MANIFEST));

/**
 * Puts a checked backup in place of what the home has, which goes to `replaced-TIME`. Only for who holds the lock of the home, before anything
 * is opened. Each step is a rename, and one that was done is recognised, so after a crash the next start goes on where it stopped.
 */
export function putInPlace(home: Home, now: number): { readonly replaced: string | null } {
  const pending = join(home.data, PENDING);
  const away = join(home.data, plannedName(pending, now));
  mkdirSync(away, { recursive: true, mode: 0o700 });
  const brought = new Set(namesIn(join(pending, MANIFEST)));
  for (const name of [...REPLACED, ...home.keys]) {
    const [from, to] = [join(pending, name), join(home.data, name)];
    const waits = existsSync(from);
    // What the archive brings and does not wait any more is in place already. Keys it does not bring stay.
    const stays = brought.has(name) ? !waits : home.keys.includes(name);
    if (!stays && existsSync(to)) renameSync(to, join(away, name));
    failpoint('import.between');
    if (waits) renameSync(from, to);
  }
  settings(home, join(pending, OVERRIDES), join(away, OVERRIDES), brought.has(OVERRIDES));
  syncNow(home.data);
  // From here on there is nothing pending: the manifest is what says so.
  rmSync(join(pending, MANIFEST));
  syncNow(pending);
  rmSync(pending, { recursive: true, force: true });
  const empty = readdirSync(away).length === 0;
  if (empty) rmSync(away, { recursive: true });
  syncNow(home.data);
  return { replaced: empty ? null : away };
}

/** Removes what a crash left of archives, and all but the newest earlier states. */
export function tidy(data: string): void {
  const names = readdirSync(data);
  const old = names
    .filter((name) => name.startsWith(REPLACED_PREFIX))
    .toSorted()
    .slice(0, -KEPT);
  for (const name of [...old, ...names.filter((each) => each.startsWith(UNFINISHED))]) rmSync(join(data, name), { recursive: true, force: true });
}

/** The name of the folder for the earlier state; the same after a crash. */
function plannedName(pending: string, now: number): string {
  const plan = join(pending, PLAN);
  if (existsSync(plan)) return String((JSON.parse(readFileSync(plan, 'utf8')) as { replaced: string }).replaced);
  const replaced = REPLACED_PREFIX + new Date(now).toISOString().replace(/[:.]/g, '-');
  writeFileSync(`${plan}.new`, JSON.stringify({ replaced }), { mode: 0o600 });
  renameSync(`${plan}.new`, plan);
  syncNow(pending);
  return replaced;
}

/** The first segment of every member. */
const namesIn = (manifest: string): string[] =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { members: { name: string }[] }).members.map(({ name }) => name.split('/', 1)[0]!);

/** The settings may lie on another file system, so they are copied. A backup without any had none. */
function settings({ overridesFile }: Home, from: string, away: string, brought: boolean): void {
  if (existsSync(overridesFile) && !existsSync(away)) writeFileSync(away, readFileSync(overridesFile), { mode: 0o600 });
  if (!brought) return rmSync(overridesFile, { force: true });
  if (!existsSync(from)) return;
  writeFileSync(`${overridesFile}.new`, readFileSync(from), { mode: 0o600 });
  syncNow(`${overridesFile}.new`);
  renameSync(`${overridesFile}.new`, overridesFile);
}
