let counter = 0;
const boot = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);

/** A short id for one request, unique while the process lives and distinct between two runs. Cheap: it is made for each call. */
export const requestId = (): string => `${boot}-${(++counter).toString(36)}`;

/** A time-ordered id that is unique for ever (UUIDv7, RFC 9562). */
export const uniqueId = (): string => Bun.randomUUIDv7();
