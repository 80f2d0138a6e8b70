/** 128 random bits as a decimal number, the form clients of the contract know. */
export function newToken(): string {
  const [high, low] = crypto.getRandomValues(new BigUint64Array(2));
  return ((high! << 64n) | low!).toString();
}
