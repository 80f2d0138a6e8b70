import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { attest, attestationFault } from '../../src/areas/mesh/wire/attestation';
import { DirectBox } from '../../src/areas/mesh/wire/box';
import { helloFault, sessionHelloFault } from '../../src/areas/mesh/wire/hello';
import { identityOf, newIdentity } from '../../src/areas/mesh/wire/keys';
import { ATTESTATION, HELLO_SKEW_MS } from '../../src/areas/mesh/wire/limits';
import { plainBody, readPlainBody } from '../../src/areas/mesh/wire/open_body';
import { groupKey, openTopicKey, openWithKey, sealTopicKey, sealWithKey } from '../../src/areas/mesh/wire/secret_box';
import { messageText, sign, SIGNED, verify } from '../../src/areas/mesh/wire/signature';
import { loadSodium } from '../../src/areas/mesh/wire/sodium';

const sodium = await loadSodium();
const [ann, bob, eve] = [newIdentity(sodium), newIdentity(sodium), newIdentity(sodium)];
const NOW = 1_750_000_000_000;

describe('direct messages', () => {
  const box = new DirectBox(sodium);

  test('open for the reader, and for nobody else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (text) => {
        const sealed = box.seal(text, bob.publicKey, ann.secretKey);
        expect(box.open(sealed, ann.publicKey, [eve.secretKey, bob.secretKey])).toBe(text);
        expect(box.open(sealed, ann.publicKey, [eve.secretKey])).toBeNull();
        expect(box.open(sealed, eve.publicKey, [bob.secretKey])).toBeNull();
      }),
      { numRuns: 30 },
    );
  });

  test('the same primitive as libsodium by itself, key conversion included', () => {
    const sealed = box.seal('hi', bob.publicKey, ann.secretKey);
    const opened = sodium.crypto_box_open_easy(
      Uint8Array.fromBase64(sealed.ciphertext),
      Uint8Array.fromBase64(sealed.nonce),
      sodium.crypto_sign_ed25519_pk_to_curve25519(Uint8Array.fromHex(ann.publicKey)),
      sodium.crypto_sign_ed25519_sk_to_curve25519(Uint8Array.fromHex(bob.secretKey)),
    );
    expect(new TextDecoder().decode(opened)).toBe('hi');
    expect(Uint8Array.fromBase64(sealed.nonce).length).toBe(24);
  });

  test('a text nobody sealed never opens', () => {
    const forged = { ...plainBody('pay me at once, yours Ann') };
    expect(box.open(forged, ann.publicKey, [bob.secretKey])).toBeNull();
    for (const ciphertext of ['', 'AA==', 'not base64', 'QUJD\n', forged.ciphertext.slice(1)])
      expect(box.open({ nonce: forged.nonce, ciphertext }, ann.publicKey, [bob.secretKey])).toBeNull();
    expect(box.open({ ...box.seal('hi', bob.publicKey, ann.secretKey), nonce: 'AAAA' }, ann.publicKey, [bob.secretKey])).toBeNull();
  });

  test('a flipped bit is noticed', () => {
    const sealed = box.seal('transfer 100', bob.publicKey, ann.secretKey);
    fc.assert(
      fc.property(fc.nat(200), (bit) => {
        const bytes = Uint8Array.fromBase64(sealed.ciphertext);
        const at = bit % (bytes.length * 8);
        bytes[at >> 3]! ^= 1 << (at & 7);
        expect(box.open({ nonce: sealed.nonce, ciphertext: bytes.toBase64() }, ann.publicKey, [bob.secretKey])).toBeNull();
      }),
    );
  });

  test('keys that are none are refused', () => {
    for (const key of ['', 'zz', '00'.repeat(32), '01'.padEnd(64, '0'), bob.publicKey.toUpperCase()]) {
      expect(() => box.seal('x', key, ann.secretKey)).toThrow('not valid');
      expect(box.open(box.seal('x', bob.publicKey, ann.secretKey), key, [bob.secretKey])).toBeNull();
    }
  });

  test('more partners than keys are kept for still work', () => {
    const many = Array.from({ length: 600 }, () => newIdentity(sodium));
    const few = [many[0]!, many[1]!, many[599]!];
    for (const each of many.slice(0, 600)) box.seal('x', each.publicKey, ann.secretKey);
    for (const each of few)
      expect(new DirectBox(sodium).open(box.seal('y', each.publicKey, ann.secretKey), ann.publicKey, [each.secretKey])).toBe('y');
  }, 20_000);
});

test('a secret key tells its pair, and halves that do not fit are refused', () => {
  expect(identityOf(sodium, ann.secretKey)).toEqual(ann);
  expect(identityOf(sodium, ann.secretKey.slice(0, 64) + bob.publicKey)).toBeNull();
  expect(identityOf(sodium, 'short')).toBeNull();
});

test('plain bodies are text in base64 and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(readPlainBody(plainBody(text))).toBe(text);
    }),
  );
  expect(readPlainBody({ ciphertext: '/w==' })).toBeNull();
  expect(readPlainBody({ ciphertext: '%' })).toBeNull();
});

describe('bodies under a common key', () => {
  test('open with the key of their group', () => {
    const root = sodium.randombytes_buf(32).toBase64({ alphabet: 'base64url', omitPadding: true });
    const key = groupKey(sodium, root, '@ops');
    const sealed = sealWithKey(sodium, 'hi', key);
    expect(openWithKey(sodium, sealed, key)).toBe('hi');
    expect(openWithKey(sodium, sealed, groupKey(sodium, root, '@dev'))).toBeNull();
    expect(openWithKey(sodium, { ...sealed, ciphertext: 'AAAA' }, key)).toBeNull();
  });

  test('a topic key opens for its member, from its sender', () => {
    const key = sodium.randombytes_buf(32);
    const sealed = sealTopicKey(sodium, key, bob.publicKey, ann.secretKey);
    expect(openTopicKey(sodium, sealed, ann.publicKey, bob.secretKey)).toEqual(key);
    expect(openTopicKey(sodium, sealed, eve.publicKey, bob.secretKey)).toBeNull();
    expect(openTopicKey(sodium, sealed, ann.publicKey, eve.secretKey)).toBeNull();
  });
});

describe('hello', () => {
  const hello = (over: Record<string, unknown> = {}) => {
    const base = { type: 'hello' as const, meshId: 'm', memberId: 'i', pubkey: ann.publicKey, sessionId: 's', pid: 1, cwd: '/', timestamp: NOW };
    return { ...base, signature: sign(sodium, SIGNED.hello('m', 'i', ann.publicKey, NOW), ann.secretKey), ...over };
  };

  test('holds for a minute on either side', () => {
    expect(helloFault(sodium, hello(), NOW)).toBeNull();
    expect(helloFault(sodium, hello(), NOW + HELLO_SKEW_MS)).toBeNull();
    expect(helloFault(sodium, hello(), NOW + HELLO_SKEW_MS + 1)).toBe('timestamp_skew');
    expect(helloFault(sodium, hello(), NOW - HELLO_SKEW_MS - 1)).toBe('timestamp_skew');
  });

  test('is refused when anything that is signed differs', () => {
    for (const over of [{ meshId: 'x' }, { memberId: 'x' }, { pubkey: bob.publicKey }, { timestamp: NOW + 1 }, { signature: '0'.repeat(128) }])
      expect([over, helloFault(sodium, hello(over), NOW)]).toEqual([over, 'bad_signature']);
    expect(helloFault(sodium, hello({ signature: 'x' }), NOW)).toBe('malformed');
    expect(helloFault(sodium, hello({ pubkey: ann.publicKey.toUpperCase() }), NOW)).toBe('malformed');
    expect(helloFault(sodium, hello({ sessionPubkey: 'x' }), NOW)).toBe('bad_session_pubkey');
  });

  test('of a session needs an attestation for exactly it', () => {
    const session = newIdentity(sodium);
    const attestation = attest(sodium, ann, session.publicKey, NOW);
    const say = (over: Record<string, unknown> = {}) => ({
      type: 'session_hello' as const,
      meshId: 'm',
      parentMemberId: 'i',
      parentMemberPubkey: ann.publicKey,
      sessionPubkey: session.publicKey,
      parentAttestation: attestation,
      sessionId: 's',
      pid: 1,
      cwd: '/',
      timestamp: NOW,
      signature: sign(sodium, SIGNED.sessionHello('m', ann.publicKey, session.publicKey, NOW), session.secretKey),
      ...over,
    });
    expect(sessionHelloFault(sodium, say(), NOW)).toBeNull();
    expect(sessionHelloFault(sodium, say({ sessionPubkey: 'x' }), NOW)).toBe('bad_session_pubkey');
    expect(sessionHelloFault(sodium, say({ parentMemberPubkey: 'x' }), NOW)).toBe('bad_parent_pubkey');
    expect(sessionHelloFault(sodium, say({ sessionPubkey: eve.publicKey }), NOW)).toBe('attestation_mismatch');
    expect(sessionHelloFault(sodium, say({ parentAttestation: attest(sodium, eve, session.publicKey, NOW) }), NOW)).toBe('attestation_mismatch');
    expect(sessionHelloFault(sodium, say({ parentAttestation: { ...attestation, expiresAt: NOW + 5 } }), NOW)).toBe('bad_signature');
    expect(sessionHelloFault(sodium, say({ signature: attestation.signature }), NOW)).toBe('bad_signature');
    expect(sessionHelloFault(sodium, say(), NOW + ATTESTATION.ttlMs)).toBe('expired');
    expect(attestationFault(sodium, { ...attestation, expiresAt: NOW + ATTESTATION.capMs + 120_000 }, NOW)).toBe('ttl_too_long');
    expect(attestationFault(sodium, { ...attestation, signature: '' }, NOW)).toBe('malformed');
  });
});

test('a signed message says who, to whom, what and how urgent', () => {
  const message = {
    meshId: 'm',
    senderPubkey: ann.publicKey,
    targetSpec: '*',
    clientMessageId: 'k',
    priority: 'next',
    replyToId: 'r',
    meta: '',
    nonce: 'n',
    ciphertext: 'c',
  };
  const signature = sign(sodium, messageText(message), ann.secretKey);
  expect(verify(sodium, messageText(message), signature, ann.publicKey)).toBe(true);
  for (const member of Object.keys(message))
    expect(verify(sodium, messageText({ ...message, [member]: 'other' }), signature, ann.publicKey)).toBe(false);
});
