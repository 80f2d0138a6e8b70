import { ZdError } from '../../kernel/error';

const UNITS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const LEAST_MS = 1000;
const MOST_MS = 366 * UNITS.d;

/** `90s`, `1h30m`, `2d`: whole numbers with units from weeks to seconds, the largest first. Throws `bad_args` for the field. */
export function parseDuration(text: string, path: string): number {
  const match = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,8})s)?$/.exec(text);
  if (!match || text === '') throw bad(path, 'expected a length of time such as 90s, 10m, 1h30m or 2d');
  const ms = Object.values(UNITS).reduce((sum, size, at) => sum + Number(match[at + 1] ?? 0) * size, 0);
  if (ms < LEAST_MS || ms > MOST_MS) throw bad(path, 'must be from 1s to 366d');
  return ms;
}

/** The same length in its shortest form. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

const bad = (path: string, message: string): ZdError => new ZdError('bad_args', `${path}: ${message}`, { path });
