import type { Socket } from 'bun';
import { opening, replyLength, requests, type Kind, type Protocol } from './requests';
import { quantile } from './statistics';

/** Where a server listens. */
export type Target = { readonly unix: string } | { readonly hostname: string; readonly port: number };

export interface LoadPlan {
  readonly target: Target;
  readonly protocol: Protocol;
  readonly kind: Kind;
  readonly connections: number;
  /** Measured time; what comes before it is warm-up. */
  readonly millis: number;
  readonly warmupMillis: number;
  readonly token: string | null;
}

export interface LoadResult {
  /** Replies within the measured time. */
  readonly replies: number;
  /** Replies from the first request to the last, warm-up too. */
  readonly total: number;
  readonly perSecond: number;
  /** When the first request was sent, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * The load client, in a process of its own: raw sockets, one request in flight on each connection, no pipelining. HTTP and RESP take the same
 * path but for finding a reply's end, so a ratio of two runs compares the servers.
 */
async function run(plan: LoadPlan): Promise<LoadResult> {
  const messages = requests(plan.protocol, plan.kind, plan.token);
  const samples = new Float64Array(4_000_000);
  let taken = 0;
  let total = 0;
  let next = 0;
  let open = plan.connections;
  let from = Infinity;
  let until = Infinity;
  const finished = Promise.withResolvers<void>();
  const greeting = opening(plan.protocol, plan.token);
  let greeted = 0;
  const opened = Promise.withResolvers<void>();
  if (greeting === null) opened.resolve();
  const send = (socket: Socket<State>) => {
    socket.data.sentAt = performance.now();
    const message = messages[next++ % messages.length]!;
    const wrote = socket.write(message);
    socket.data.unsent = wrote < message.length ? message.subarray(wrote) : null;
  };
  const handler = {
    data(socket: Socket<State>, chunk: Buffer) {
      const { data: state } = socket;
      // A handshake is answered by its head alone.
      if (greeting !== null && greeted < plan.connections) return void (++greeted === plan.connections && opened.resolve());
      const data = state.partial === null ? chunk : Buffer.concat([state.partial, chunk]);
      const length = replyLength(plan.protocol, data);
      // The socket's buffer is reused after this call, so a partial reply is copied.
      state.partial = length === 0 ? Buffer.from(data) : null;
      if (length === 0) return;
      const now = performance.now();
      total++;
      if (now > from && now <= until && taken < samples.length) samples[taken++] = (now - state.sentAt) * 1000;
      if (now < until) send(socket);
      else if (--open === 0) finished.resolve();
    },
    drain(socket: Socket<State>) {
      const { unsent } = socket.data;
      if (unsent === null) return;
      const wrote = socket.write(unsent);
      socket.data.unsent = wrote < unsent.length ? unsent.subarray(wrote) : null;
    },
    close: () => finished.reject(new Error('the server closed a connection')),
    error: (_: Socket<State>, error: Error) => finished.reject(error),
  };
  const fresh = (): State => ({ sentAt: 0, partial: null, unsent: null });
  const sockets = await Promise.all(
    Array.from({ length: plan.connections }, () => Bun.connect<State>({ ...plan.target, data: fresh(), socket: handler } as never)),
  );
  if (greeting !== null) for (const socket of sockets as Socket<State>[]) socket.write(greeting);
  await opened.promise;
  const startedAt = performance.now();
  from = startedAt + plan.warmupMillis;
  until = from + plan.millis;
  for (const socket of sockets as Socket<State>[]) send(socket);
  await finished.promise;
  const sorted = samples.subarray(0, taken).sort();
  return {
    replies: taken,
    total,
    perSecond: (taken / plan.millis) * 1000,
    startedAt: startedAt + performance.timeOrigin,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
  };
}

interface State {
  sentAt: number;
  partial: Buffer | null;
  unsent: Uint8Array | null;
}

if (import.meta.main) {
  console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!) as LoadPlan)));
  process.exit(0);
}
