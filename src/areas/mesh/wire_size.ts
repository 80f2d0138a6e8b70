import { LIMITS } from './wire/limits';

/** Characters that a sealed text of so many bytes needs on the wire beside its nonce and target; brokers refuse more than `LIMITS.message`. */
export const wireChars = (bytes: number, targetSpec: string): number => Math.ceil((bytes + 16) / 3) * 4 + 32 + targetSpec.length;
export const fitsWire = (bytes: number, targetSpec: string, limit: number = LIMITS.message): boolean => wireChars(bytes, targetSpec) <= limit;
