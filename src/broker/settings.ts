/** What one broker allows. All of it can be given on the command line or is a bound of the protocol. */
export interface BrokerSettings {
  readonly host: string;
  readonly port: number;
  /** How others reach it, when that is not the address it listens at; null otherwise. */
  readonly publicUrl: string | null;
  /** Messages a member may send per second in the long run, and at once. */
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly connectionsPerMesh: number;
  /** Messages that may wait for one recipient. */
  readonly queuePerRecipient: number;
  /** Days for which a sender's id is remembered. */
  readonly dedupeDays: number;
}

export const DEFAULTS: Omit<BrokerSettings, 'host' | 'port' | 'publicUrl'> = {
  ratePerSecond: 200,
  burst: 2000,
  connectionsPerMesh: 100,
  queuePerRecipient: 100_000,
  dedupeDays: 30,
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Milliseconds. */
export const TIMES = {
  /** How long a peer that went away is still listed, and comes back without a word. */
  grace: 90 * SECOND,
  /** How long a connection may stay without a hello. */
  hello: 10 * SECOND,
  /** After this a push that nobody acknowledged is sent again; doubled each time up to the bound. */
  claim: 30 * SECOND,
  claimMost: 10 * MINUTE,
  /** How long a hook's word on a status outweighs others. */
  hookFreshness: 30 * SECOND,
  /** A status `working` that nobody renews ends. */
  working: 60 * SECOND,
  undelivered: 7 * DAY,
  history: 90 * DAY,
  /** A session not seen for so long is no recipient of groups any more. */
  sessionMemory: DAY,
  sweep: 5 * SECOND,
  purge: HOUR,
} as const;

/** Bounds of one connection, but for the last two. */
export const BOUNDS = {
  /** Pushes a client has not acknowledged: their number, and their bytes. */
  window: 256,
  windowBytes: 1024 * 1024,
  /** Requests under way at once. */
  requests: 1024,
  /** What may wait in the socket of a client that does not read: beyond the first it gets no news, beyond the second it is closed. */
  newsBytes: 1024 * 1024,
  socketBytes: 32 * 1024 * 1024,
  /** Frames in a row that were none, before it is closed. */
  faults: 100,
  /** Connections that have not said hello. */
  strangers: 256,
  /** Peers of one mesh, those in their grace included; above it the one gone for longest leaves. */
  peersPerMesh: 400,
} as const;
