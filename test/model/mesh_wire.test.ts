import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalJson } from '../../src/areas/mesh/wire/canonical';
import { requestFingerprint, fingerprintPrefix } from '../../src/areas/mesh/wire/fingerprint';
import { inviteFault, inviteLink, parseCanonicalV2, canonicalV2, parseInvite, signInvite } from '../../src/areas/mesh/wire/invite';
import { newIdentity, newSymmetricKey } from '../../src/areas/mesh/wire/keys';
import { LIMITS } from '../../src/areas/mesh/wire/limits';
import { parseBrokerFrame, parseClientFrame } from '../../src/areas/mesh/wire/parse';
import { loadSodium } from '../../src/areas/mesh/wire/sodium';
import { fingerprintTarget, parseTarget } from '../../src/areas/mesh/wire/target';
import { readNegotiation } from '../../src/areas/mesh/wire/features';
import golden from '../golden/mesh_fingerprint.json';

const sodium = await loadSodium();

describe('the fingerprint of a request', () => {
  for (const { name, request, parts, sha256 } of golden.vectors)
    test(`published vector: ${name}`, () => {
      const { to, message, priority, reply_to_id, meta } = request as {
        to: string;
        message: string;
        priority?: string;
        reply_to_id?: string;
        meta?: Record<string, never> | null;
      };
      const target = fingerprintTarget(to)!;
      expect<unknown>([target.kind, target.ref]).toEqual(parts.slice(1, 3));
      const fingerprint = requestFingerprint({
        ...target,
        body: message,
        meta: meta ?? null,
        ...(priority === undefined ? {} : { priority }),
        ...(reply_to_id === undefined ? {} : { replyToId: reply_to_id }),
      });
      expect(fingerprint.toHex()).toBe(sha256);
      expect(fingerprintPrefix(fingerprint)).toBe(sha256.slice(0, 16));
    });

  test('differs with every part', () => {
    const base = { kind: 'dm', ref: 'Ann', body: 'yes' } as const;
    const variants = [
      base,
      { ...base, kind: 'topic' as const },
      { ...base, ref: 'Bob' },
      { ...base, body: 'no' },
      { ...base, priority: 'now' },
      { ...base, replyToId: 'm' },
      { ...base, meta: { a: 1 } },
      { ...base, meta: { a: '1' } },
    ];
    expect(new Set(variants.map((each) => requestFingerprint(each).toHex())).size).toBe(variants.length);
  });

  test('canonical JSON keeps the value and forgets the order', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .toReversed()
                .map(([key, item]) => [key, shuffled(item)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = JSON.parse(JSON.stringify(value)) as unknown;
        fc.pre(JSON.stringify(parsed).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(parsed)));
        const text = canonicalJson(parsed);
        expect(JSON.parse(text)).toEqual(parsed);
        expect(canonicalJson(shuffled(parsed))).toBe(text);
      }),
    );
    expect(() => canonicalJson({ a: '\ud800' })).toThrow('lone surrogate');
  });
});

test('targets follow the grammar', () => {
  const forms = (
    ['*', '@all', '@ops', '@', '#0123456789abcdefghij', '#general', '#', 'Ann', 'abcd', '0123456789ABCDEF', 'A'.repeat(64), ' ', 'a\0b'] as const
  ).map((to) => parseTarget(to)?.form ?? null);
  expect(forms).toEqual(['everyone', 'everyone', 'group', null, 'topic_id', 'topic_name', null, 'name', 'name', 'prefix', 'key', null, null]);
});

describe('frames', () => {
  const good = { type: 'send', id: 'k', targetSpec: '*', priority: 'next', nonce: 'bm9uY2U=', ciphertext: 'aGk=' };

  test('are taken with members nobody knows', () => {
    expect(parseClientFrame(JSON.stringify({ ...good, later: { x: 1 } })).frame).toMatchObject(good);
    const push = { type: 'push', messageId: 'm', senderPubkey: 'k', priority: 'now', nonce: '', ciphertext: '', senderName: null, topic: null };
    expect(parseBrokerFrame(JSON.stringify(push)).frame).toEqual(push as never);
  });

  test('are refused with a code and whose they are', () => {
    const deep = `{"type":"set_state","key":"k","value":${'['.repeat(200)}${']'.repeat(200)}}`;
    const refusals: [string | Uint8Array, string][] = [
      [new Uint8Array([1]), 'malformed_frame'],
      ['', 'malformed_frame'],
      ['{', 'malformed_frame'],
      ['[]', 'malformed_frame'],
      ['null', 'malformed_frame'],
      ['"send"', 'malformed_frame'],
      [deep, 'malformed_frame'],
      ['['.repeat(60_000), 'malformed_frame'],
      ['x'.repeat(LIMITS.clientFrame + 1), 'frame_too_large'],
      [JSON.stringify('é'.repeat(LIMITS.clientFrame / 2)), 'frame_too_large'],
      ['{}', 'unknown_message_type'],
      ['{"type":"nothing"}', 'unknown_message_type'],
      ['{"type":"__proto__"}', 'unknown_message_type'],
      ['{"type":"hasOwnProperty"}', 'unknown_message_type'],
      ['{"type":{"a":1}}', 'unknown_message_type'],
      [JSON.stringify({ ...good, priority: 'soon' }), 'invalid_frame'],
      [JSON.stringify({ ...good, targetSpec: 'a\u0000b' }), 'invalid_frame'],
      [JSON.stringify({ type: 'hello', meshId: 'a|b' }), 'invalid_frame'],
    ];
    for (const [raw, code] of refusals)
      expect([String(raw).slice(0, 60), parseClientFrame(raw).refused?.code ?? '']).toEqual([String(raw).slice(0, 60), code]);
    expect(parseClientFrame('{"type":"nope","id":"7","_reqId":"r"}').refused).toMatchObject({ id: '7', _reqId: 'r' });
  });

  test('brackets in strings are no levels', () => {
    const text = JSON.stringify({ type: 'set_summary', summary: `${'['.repeat(300)}\\" "${'{'.repeat(300)}` });
    expect(parseClientFrame(text).frame).toMatchObject({ type: 'set_summary' });
  });

  test('nothing makes the parser throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void parseClientFrame(text)));
    fc.assert(
      fc.property(fc.constantFrom('hello', 'send', 'client_ack', 'kick', 'push'), fc.dictionary(fc.string(), fc.jsonValue()), (type, members) => {
        const text = JSON.stringify({ ...members, type });
        for (const parsed of [parseClientFrame(text), parseBrokerFrame(text)]) expect(parsed.frame === undefined).toBe(parsed.refused !== undefined);
      }),
    );
  });
});

describe('invitations', () => {
  const owner = newIdentity(sodium);
  const invite = signInvite(
    sodium,
    {
      v: 1,
      mesh_id: 'mesh',
      mesh_slug: 'team',
      broker_url: 'ws://127.0.0.1:7900/ws',
      expires_at: 2_000_000_000,
      mesh_root_key: newSymmetricKey(sodium),
      role: 'member',
      owner_pubkey: owner.publicKey,
    },
    owner.secretKey,
  );

  test('survive their link', () => {
    expect(parseInvite(inviteLink(invite))?.payload).toEqual(invite);
    expect(parseInvite(parseInvite(inviteLink(invite))!.token)?.payload).toEqual(invite);
    expect(inviteFault(sodium, invite, 1_900_000_000_000)).toBeNull();
    expect(inviteFault(sodium, invite, 2_000_000_000_000)).toBe('expired');
  });

  test('a change of any member breaks the signature', () => {
    const other = newIdentity(sodium).publicKey;
    const changes = {
      mesh_id: 'x',
      mesh_slug: 'y',
      broker_url: 'ws://evil/ws',
      expires_at: 2_000_000_001,
      mesh_root_key: 'zz',
      role: 'admin',
      owner_pubkey: other,
    } as const;
    for (const [member, value] of Object.entries(changes))
      expect([member, inviteFault(sodium, { ...invite, [member]: value }, 1_900_000_000_000)]).toEqual([member, 'bad_signature']);
  });

  test('what is no link is none', () => {
    for (const text of ['', 'ic://join/', 'ic://join/!!', 'ic://join/e30', 'https://x', inviteLink(invite).slice(0, -40)])
      expect(parseInvite(text)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => void parseInvite(text)));
  });

  test('terms of version 2 survive their text', () => {
    const terms = { mesh_id: 'm', invite_id: 'i', expires_at: 2_000_000_000, role: 'admin', owner_pubkey: owner.publicKey } as const;
    expect(parseCanonicalV2(canonicalV2(terms))).toEqual(terms);
    for (const text of ['', 'v=1|m|i|1|admin|k', canonicalV2(terms).replace('admin', 'owner'), `${canonicalV2(terms)}|x`])
      expect(parseCanonicalV2(text)).toBeNull();
  });
});

test('a negotiation is read with its floors', () => {
  const read = (supported: Record<string, { params?: Record<string, unknown> }>, missing_required: string[] = []) =>
    readNegotiation({ type: 'feature_negotiation_response', supported, missing_required });
  const dedupe = (params: Record<string, unknown>) => read({ client_message_id_dedupe: { params } });
  expect(read({})).toEqual({ dedupe: null, inlineBytes: null, signed: false, seen: false });
  expect(dedupe({ mode: 'retention_scoped', dedupe_retention_days: 3 })).toMatchObject({ dedupe: { mode: 'retention_scoped', days: 3 } });
  expect(dedupe({ mode: 'permanent' })).toMatchObject({ dedupe: { days: null } });
  expect(dedupe({ mode: 'retention_scoped', dedupe_retention_days: 2 }).fault?.kind).toBe('feature_param_below_floor');
  expect(dedupe({ mode: 'sometimes' }).fault?.kind).toBe('feature_param_invalid');
  expect(read({ max_payload: { params: { inline_bytes: 100 } } }).fault?.kind).toBe('feature_param_below_floor');
  expect(read({}, ['x']).fault).toMatchObject({ kind: 'feature_unavailable', feature: 'x' });
});
