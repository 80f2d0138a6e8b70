import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { MessageSignatures } from '../../src/areas/mesh/message_signature';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sign, verify } from '../../src/areas/mesh/wire/signature';
import { loadSodium } from '../../src/areas/mesh/wire/sodium';

const sodium = await loadSodium();
const keys = newIdentity(sodium);
const other = newIdentity(sodium);
const signatures = new MessageSignatures();

test('signatures are those of libsodium, byte for byte, and hold for their text and key alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, more) => {
      const signature = signatures.sign(text, keys);
      expect(signature).toBe(sign(sodium, text, keys.secretKey));
      expect(verify(sodium, text, signature, keys.publicKey)).toBe(true);
      expect(signatures.holds(text, signature, keys.publicKey)).toBe(true);
      expect(signatures.holds(`${text}${more}!`, signature, keys.publicKey)).toBe(false);
      expect(signatures.holds(text, signature, other.publicKey)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test('what is no signature or no key does not hold', () => {
  const signature = signatures.sign('x', keys);
  for (const [bad, key] of [
    ['', keys.publicKey],
    [signature.slice(2), keys.publicKey],
    ['ab'.repeat(64), keys.publicKey],
    [signature, ''],
    [signature, 'ff'.repeat(32)],
    [signature, '00'.repeat(32)],
  ] as const)
    expect(signatures.holds('x', bad, key)).toBe(false);
});
