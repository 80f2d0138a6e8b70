const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Random text of an alphabet, every character equally likely: bytes beyond the last whole multiple are thrown away. */
function random(alphabet: string, length: number): string {
  const bound = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2)))
      if (byte < bound && text.length < length) text += alphabet[byte % alphabet.length];
  }
  return text;
}

/** A broker's id of a message: 22 characters of base62 hold 130 random bits. */
export const brokerMessageId = (): string => random(BASE62, 22);
/** A topic's: lower case, and long enough to be told from a name in a target. */
export const topicId = (): string => random(BASE36, 25);
/** Of meshes, members, presences and everything else a broker names. */
export const brokerId = (): string => random(BASE62, 22);
/** The code of an invitation: 12 characters hold 71 bits, and tries are limited. */
export const inviteCode = (): string => random(BASE62, 12);
