import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface HostFacts {
  readonly hostId: string;
  readonly stableMac: string;
}

interface Stored {
  readonly schema_version: 1 | 2;
  readonly fingerprint: string;
  readonly host_id?: string;
  readonly stable_mac?: string;
  readonly written_at?: string;
}

/** Why no mesh is used after a mismatch, and what to do. */
export const COPIED =
  'the keys of the meshes were made on another machine and are not used; if this copy shall be the one that goes on: zd mesh accept-host';

export type HostVerdict = 'first_run' | 'match' | 'moved_card' | 'mismatch' | 'unavailable';

const sha256 = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex');
export const fingerprintV2 = ({ hostId, stableMac }: HostFacts): string => sha256(`v2\0${hostId}\0${stableMac}`);

/** Virtual and passing network cards, which say nothing about the machine. */
const SKIPPED = /^(?:lo|docker|br-|bridge|veth|tap|tun|tailscale|wg|utun|ppp|vboxnet|vmnet|awdl|llw|anpi|ap\d)/i;
const SKIPPED_V1 = /^(?:lo|docker|br-|veth|tap|tun|tailscale|wg|utun|ppp|vboxnet|vmnet|awdl|llw)/i;

export interface Card {
  readonly name: string;
  readonly mac: string;
  readonly internal: boolean;
}

const cards = (): Card[] =>
  Object.entries(networkInterfaces()).flatMap(([name, list]) => (list ?? []).map(({ mac, internal }) => ({ name, mac, internal })));
const real = (list: readonly Card[], skipped: RegExp): Card[] =>
  list
    .filter(({ name, mac, internal }) => !internal && !skipped.test(name) && !/^(?:00[:-]?){6}$/.test(mac))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** The address of the first card by name, one its maker gave before one somebody chose. Empty without any. */
export function stableMac(list: readonly Card[]): string {
  const usable = real(list, SKIPPED);
  const universal = usable.find(({ mac }) => (Number.parseInt(mac.slice(0, 2), 16) & 2) === 0);
  return (universal ?? usable[0])?.mac ?? '';
}

/** What tells this machine from a copy of it. */
export function hostFacts(list: readonly Card[] = cards()): HostFacts {
  return { hostId: hostId(), stableMac: stableMac(list) };
}

function hostId(): string {
  if (process.platform === 'darwin') {
    const { stdout } = Bun.spawnSync(['/usr/sbin/ioreg', '-rd1', '-c', 'IOPlatformExpertDevice'], { timeout: 2000 });
    const uuid = /"IOPlatformUUID" = "([^"]+)"/.exec(stdout.toString())?.[1];
    return uuid === undefined ? '' : `darwin:${uuid}`;
  }
  for (const file of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    try {
      const id = readFileSync(file, 'utf8').trim();
      if (id !== '') return `linux:${id}`;
    } catch {
      // The next one.
    }
  }
  return '';
}

export const hostRecord = (facts: HostFacts, now: number): string =>
  `${JSON.stringify({
    schema_version: 2,
    fingerprint: fingerprintV2(facts),
    host_id: facts.hostId,
    stable_mac: facts.stableMac,
    written_at: new Date(now).toISOString(),
  })}\n`;

/** What a stored record says of this machine; `text` null when there is none. `moved_card`: the same machine with another network card. */
export function judgeHost(text: string | null, facts: HostFacts, list: readonly Card[] = cards()): HostVerdict {
  if (text === null) return 'first_run';
  const stored = parse(text);
  if (!stored) return 'unavailable';
  if (stored.schema_version === 1) {
    const mac = real(list, SKIPPED_V1)[0]?.mac ?? '';
    const id = process.platform === 'linux' ? facts.hostId : '';
    return stored.fingerprint === sha256(`${id}\0${mac}`) ? 'moved_card' : 'mismatch';
  }
  if (stored.fingerprint === fingerprintV2(facts)) return 'match';
  return stored.host_id && stored.host_id === facts.hostId ? 'moved_card' : 'mismatch';
}

function parse(text: string): Stored | null {
  try {
    const value = JSON.parse(text) as Partial<Stored> | null;
    const known = value?.schema_version === 1 || value?.schema_version === 2;
    return known && typeof value.fingerprint === 'string' && /^[0-9a-f]{64}$/.test(value.fingerprint) ? (value as Stored) : null;
  } catch {
    return null;
  }
}
