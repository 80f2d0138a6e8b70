/**
 * The least that a server on this platform can do for an operation: `Bun.serve` reads a JSON body and answers a text that it was given. What
 * zd loses to it is zd's own, what both lose to redis is the platform's and HTTP's. Run as `bun bare.ts SOCKET REPLY`.
 */
const [socket, reply] = process.argv.slice(2) as [string, string];
const headers = { headers: { 'content-type': 'application/json' } };
const fetch = async (request: Request): Promise<Response> => {
  await request.json();
  return new Response(reply, headers);
};

Bun.serve({ unix: socket, fetch });
const { port } = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
console.log(port);

export {};
