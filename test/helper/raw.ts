import type { TestDaemon } from './daemon';

export interface RawReply {
  readonly status: number;
  readonly text: string;
}

/** Sends bytes as they are over TCP or the unix socket and reads until the reply is complete or the connection ends. For requests no HTTP client would make. */
export function raw(daemon: TestDaemon, via: 'tcp' | 'unix', bytes: string | Uint8Array): Promise<RawReply> {
  const { promise, resolve, reject } = Promise.withResolvers<RawReply>();
  let received = Buffer.alloc(0);
  const answer = () =>
    resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(received.toString('latin1'))?.[1] ?? 0), text: received.toString('utf8') });
  const complete = () => {
    const head = received.indexOf('\r\n\r\n');
    if (head === -1) return false;
    const length = /content-length: (\d+)/i.exec(received.subarray(0, head).toString('latin1'));
    return length !== null && received.length >= head + 4 + Number(length[1]);
  };
  const socket = {
    open: (each: { write(data: string | Uint8Array): number }) => void each.write(bytes),
    data(each: { end(): void }, chunk: Buffer) {
      received = Buffer.concat([received, chunk]);
      if (complete()) each.end();
    },
    close: answer,
    error: (_: unknown, error: Error) => reject(error),
  };
  const target = new URL(daemon.url);
  (via === 'unix'
    ? Bun.connect({ unix: daemon.socket, socket })
    : Bun.connect({ hostname: target.hostname, port: Number(target.port), socket })
  ).catch(reject);
  return promise;
}
