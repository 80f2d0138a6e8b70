import { CronDate } from 'croner';
import { readlinkSync } from 'node:fs';

/** Whether a text is a time zone of the IANA database, or UTC. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The moment a text names, in milliseconds: ISO 8601 with seconds optional, and in the given zone unless it says its own. A time the
 * zone leaves out is the one as far after the gap; one that comes twice is the first. Null for any other text.
 */
export function momentOf(text: string, zone: string): number | null {
  const [, day, time, seconds, offset] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  if (!day) return null;
  const utc = Date.parse(`${day}T${time}${seconds ?? ':00'}${offset ?? 'Z'}`);
  // A day such as February 30 would silently be another one.
  if (Number.isNaN(utc) || !new Date(Date.parse(`${day}T00:00Z`)).toISOString().startsWith(day)) return null;
  return offset === undefined ? new CronDate(new Date(utc).toISOString().slice(0, 19), zone).getTime() : utc;
}

/**
 * The zone of the system as it is now: `TZ` when it names one, else what /etc/localtime points at. The runtime itself
 * looks only once, at its start, and a laptop that travels would keep the zone it woke up in.
 */
export function systemZone(tz: string | undefined = process.env.TZ, localtime = '/etc/localtime'): string {
  const named = tz?.replace(/^:/, '');
  if (named && isKnown(named)) return named;
  try {
    const [, zone] = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync(localtime)) ?? [];
    if (zone && isKnown(zone)) return zone;
  } catch {
    // No such link: the runtime's own answer.
  }
  return (atStart ??= Intl.DateTimeFormat().resolvedOptions().timeZone);
}

let atStart: string | undefined;
let newest = { name: '', known: false };

/** Asked before every round of the schedules, nearly always of the same name, and dear to find out. */
function isKnown(name: string): boolean {
  if (newest.name !== name) newest = { name, known: isZone(name) };
  return newest.known;
}
