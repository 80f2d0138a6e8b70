export type Door = { readonly unix: string } | { readonly hostname: string; readonly port: number };

/** The address under which a listener is reached from its own machine. */
export const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

const MOST_BYTES = 4096;

/**
 * Asks a listener for a path and resolves with the status of its answer. By hand and not with `fetch`, which goes to the proxy that the
 * environment names. Throws when nobody listens there or the other side hangs up.
 */
export async function statusOf(door: Door, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let said = '';
  const socket = await Bun.connect({
    ...door,
    socket: {
      data(_, chunk) {
        said += chunk.toString('latin1');
        const status = /^HTTP\/1\.1 (\d{3}) [^\n]*\n/.exec(said)?.[1];
        if (status !== undefined) resolve(Number(status));
        else if (said.length > MOST_BYTES) reject(new Error('the answer is not HTTP'));
      },
      close: () => reject(new Error('the listener hung up without an answer')),
      error: (_, error) => reject(error),
    },
  } as Bun.TCPSocketConnectOptions);
  try {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    return await promise;
  } finally {
    socket.end();
  }
}
