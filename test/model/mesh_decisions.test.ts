import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Flood } from '../../src/areas/mesh/flood';
import { fingerprintV2, hostRecord, judgeHost, stableMac, type Card } from '../../src/areas/mesh/host';
import { Lanes } from '../../src/areas/mesh/lanes';
import type { Link } from '../../src/areas/mesh/link';
import { linkEnd, reconnectMs } from '../../src/areas/mesh/link_end';
import type { OutboxRow } from '../../src/areas/mesh/outbox_row';
import { classify, MAX_ATTEMPTS, retryMs } from '../../src/areas/mesh/refusal';
import { Throttle } from '../../src/areas/mesh/throttle';
import { Underway } from '../../src/areas/mesh/underway';
import { ulid } from '../../src/kernel/ids';
import { until } from '../helper/until';

const card = (name: string, mac: string, internal = false): Card => ({ name, mac, internal });
const sha = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex');

describe('the host of the keys', () => {
  const facts = { hostId: 'linux:abc', stableMac: '00:11:22:33:44:55' };
  const stored = (over: object) => JSON.stringify({ ...JSON.parse(hostRecord(facts, 0)), ...over });

  test('the card is the first by name that a maker gave an address, and no virtual one', () => {
    expect(stableMac([])).toBe('');
    const virtual = [
      'lo',
      'docker0',
      'br-1',
      'bridge0',
      'veth1',
      'tap0',
      'tun0',
      'tailscale0',
      'wg0',
      'utun3',
      'vmnet8',
      'awdl0',
      'llw0',
      'anpi0',
      'ap1',
    ];
    expect(stableMac(virtual.map((name) => card(name, '00:00:00:00:00:01')))).toBe('');
    expect(stableMac([card('eth1', '00:aa'), card('eth0', '02:bb'), card('apple', '04:cc')])).toBe('04:cc');
    expect(stableMac([card('eth1', '02:aa'), card('eth0', '06:bb')])).toBe('06:bb');
    expect(stableMac([card('eth0', '00:00:00:00:00:00'), card('eth1', '00:cc', true)])).toBe('');
  });

  test('a record is judged as the table says', () => {
    expect(fingerprintV2(facts)).toBe(sha('v2\0linux:abc\x0000:11:22:33:44:55'));
    expect(judgeHost(null, facts)).toBe('first_run');
    for (const text of ['', '{', 'null', '{"schema_version":3}', stored({ fingerprint: 'x' })]) expect(judgeHost(text, facts)).toBe('unavailable');
    expect(judgeHost(stored({}), facts)).toBe('match');
    expect(judgeHost(stored({}), { ...facts, stableMac: 'new' })).toBe('moved_card');
    expect(judgeHost(stored({}), { ...facts, hostId: 'linux:other' })).toBe('mismatch');
    expect(judgeHost(stored({ host_id: '', fingerprint: 'ab'.repeat(32) }), { ...facts, hostId: '' })).toBe('mismatch');
    const cards = [card('eth0', '00:11:22:33:44:55')];
    const v1 = (fingerprint: string) => JSON.stringify({ schema_version: 1, fingerprint });
    expect(judgeHost(v1(sha(`${process.platform === 'linux' ? facts.hostId : ''}\x0000:11:22:33:44:55`)), facts, cards)).toBe('moved_card');
    expect(judgeHost(v1(sha('linux:abc\0other')), facts, cards)).toBe('mismatch');
  });
});

describe('pauses', () => {
  test('retries double up to half a minute, and half of each is chance', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 25].map((attempts) => retryMs(attempts, 1))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(retryMs(1, 0)).toBe(500);
    expect(MAX_ATTEMPTS).toBe(25);
  });

  test('reconnects double too; a refusal that passes is tried later, one that does not never', () => {
    const again = { kind: 'again', reason: '' } as const;
    expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => reconnectMs(attempt, 1000, again, 1))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(reconnectMs(0, 1000, { kind: 'later', reason: '' }, 0)).toBe(15_000);
    for (const code of [4001, 4002, 4003, 4004, 4010]) expect(linkEnd(code, '', null).kind).toBe('never');
    expect(linkEnd(1008, '', 'unauthorized').kind).toBe('never');
    expect(linkEnd(1008, '', 'capacity').kind).toBe('later');
    expect(linkEnd(1008, '', 'timestamp_skew').kind).toBe('later');
    expect(linkEnd(1006, '', null).kind).toBe('again');
    expect(linkEnd(1000, 'a\nb', null).reason).toBe('closed 1000: a b');
  });

  test('nothing for a recipient overtakes what waits for the same one', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ at: fc.integer({ min: 1, max: 1000 }), passes: fc.integer({ min: 0, max: 300 }) })), (steps) => {
        let now = 0;
        const lanes = new Lanes({ now: () => now, monotonic: () => now });
        let last = 0;
        for (const { at, passes } of steps) {
          now += passes;
          const { until, fresh } = lanes.hold('x', now + at);
          expect(until).toBe(last > now ? last : now + at);
          expect(fresh).toBe(last <= now);
          expect(lanes.until('x')).toBe(until);
          expect(lanes.until('y')).toBe(0);
          last = until;
        }
        lanes.letGo('x');
        expect(lanes.until('x')).toBe(0);
      }),
    );
  });
});

test('what brokers say is told apart', () => {
  const cases = {
    'payload too large: 70000 bytes > MAX_MESSAGE_BYTES=65536': { kind: 'permanent' },
    'blocked by recipient grants (sender lacks dm capability)': { kind: 'permanent' },
    'target_not_found: no member or session of the mesh has this key': { kind: 'permanent' },
    'not_authorized: join the topic before you write in it': { kind: 'permanent' },
    'rate_limit: max 60 msg/min (burst 10) — slow down': { kind: 'pause', ms: 1000 },
    'rate limit': { kind: 'pause', ms: 1000 },
    'no connected peer for target (not online)': { kind: 'park' },
    'the database sleeps': { kind: 'retry' },
  };
  for (const [text, refusal] of Object.entries(cases)) expect([text, classify(text)]).toEqual([text, refusal as never]);
  expect(classify('rate_limit: slow', 5)).toEqual({ kind: 'pause', ms: 5 });
  expect(classify('queue_full: too many messages wait', 30_000)).toEqual({ kind: 'rest', ms: 30_000 });
  expect(classify('rate_limit', 1e12)).toEqual({ kind: 'pause', ms: 60_000 });
  fc.assert(
    fc.property(fc.string(), fc.option(fc.double()), (text, ms) => {
      const refusal = classify(text, ms ?? undefined);
      if ('ms' in refusal) expect(refusal.ms > 0 && refusal.ms <= 60_000).toBe(true);
    }),
  );
});

test('a minted key is a ULID: its time first, and no two alike', () => {
  expect(ulid(0)).toStartWith('0000000000');
  expect(ulid(281_474_976_710_655)).toStartWith('7ZZZZZZZZZ');
  expect(ulid(1_000).slice(0, 10) < ulid(2_000).slice(0, 10)).toBe(true);
  const many = Array.from({ length: 1000 }, () => ulid(1));
  expect(new Set(many).size).toBe(1000);
  for (const each of many) expect(each).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
});

test('the more is accepted at once, the less is handed over meanwhile, and with little as much as goes', () => {
  const after = (count: number) => {
    const flood = new Flood();
    for (let at = 0; at < count; at++) flood.count();
    return flood.pace()?.batch ?? null;
  };
  expect([0, 24, 25, 79, 80, 500].map(after)).toEqual([null, null, 16, 16, 8, 8]);
});

test('an answer counts for the link its message went out by, once; what is not answered in time is given back', async () => {
  const [one, two] = [{}, {}] as unknown as [Link, Link];
  const row = (key: string) => ({ client_message_id: key }) as OutboxRow;
  const expired: string[] = [];
  const underway = new Underway(({ client_message_id }) => void expired.push(client_message_id));
  underway.add(row('a'), one, 60_000);
  underway.add(row('b'), two, 60_000);
  expect([underway.take('a', two), underway.take('c', one), underway.size]).toEqual([null, null, 2]);
  expect([underway.take('a', one), underway.take('a', one), underway.has('a')]).toEqual([row('a'), null, false]);
  expect(underway.takeAll(one)).toEqual([]);
  expect(underway.takeAll(null)).toEqual([row('b')]);
  underway.add(row('late'), one, 5);
  underway.add(row('later'), two, 10);
  await until('both are given back', () => expired.length === 2);
  expect([expired, underway.size]).toEqual([['late', 'later'], 0]);
});

test('a broker that is asked too fast gets one message at a time until that has gone well for long', () => {
  const throttle = new Throttle();
  expect([throttle.open, throttle.room(10)]).toEqual([true, 246]);
  throttle.slow(60_000);
  expect([throttle.paused, throttle.open, throttle.room(0)]).toEqual([true, false, 1]);
  for (let answer = 0; answer < 300; answer++) throttle.taken();
  expect(throttle.room(0)).toBe(1);
  const rested = new Throttle();
  rested.rest(0);
  expect([rested.paused, rested.open]).toEqual([false, true]);
});
