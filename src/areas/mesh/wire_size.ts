import { ZdError } from '../../kernel/error';
import { LIMITS } from './wire/limits';

/** Characters that a sealed text of so many bytes needs on the wire beside its nonce and target. */
const wireChars = (bytes: number, targetSpec: string): number => Math.ceil((bytes + 16) / 3) * 4 + 32 + targetSpec.length;

/** Told when it is accepted, not after a broker has refused it many times. `inlineBytes`: what the broker takes, where it said so. */
export function checkSize(bytes: number, targetSpec: string, inlineBytes: number | null): void {
  const limit = Math.min(inlineBytes ?? LIMITS.message, LIMITS.message);
  const size = wireChars(bytes, targetSpec);
  if (size <= limit) return;
  throw new ZdError('too_large', `The message would take ${size} characters on the wire, and brokers take ${limit}.`, {
    extra: { error: 'payload_too_large', limit, size },
  });
}
