/** Bounds of the protocol. What a claudemesh broker enforces stands here with its own numbers, so that both ends of a link agree. */
export const LIMITS = {
  /** Ciphertext, nonce and target of one message together, in characters (`MAX_MESSAGE_BYTES` of a claudemesh broker). */
  message: 65_536,
  /** A whole frame from a client: the largest message and its envelope. */
  clientFrame: 131_072,
  /** A whole frame from a broker: 200 messages of a topic's history at most. */
  brokerFrame: 16 * 1024 * 1024,
  /** Brackets within brackets in one frame. */
  depth: 64,
  clientMessageId: 256,
  name: 256,
  /** Summaries, descriptions, paths. */
  text: 4096,
  groups: 64,
  /** Messages that are told of as seen in one frame. */
  receipts: 200,
} as const;

/** How far the two clocks of a hello may differ, in milliseconds. */
export const HELLO_SKEW_MS = 60_000;
/** The longest life of an attestation a broker accepts, and how long one is made for. */
export const ATTESTATION = { capMs: 24 * 3_600_000, ttlMs: 12 * 3_600_000 } as const;
/** The port of a broker. */
export const BROKER_PORT = 7900;

/** Why a broker closed a link. */
export const CLOSE = {
  disconnected: 1000,
  refused: 1008,
  tooBig: 1009,
  kicked: 4001,
  banned: 4002,
  newerIdentity: 4003,
  olderIdentity: 4004,
  featureUnavailable: 4010,
} as const;

/** Whether connecting again cannot help: the member is out of the mesh, or the broker lacks what the client insists on. */
export const isTerminalClose = (code: number): boolean => code === CLOSE.kicked || code === CLOSE.banned || code === CLOSE.featureUnavailable;
