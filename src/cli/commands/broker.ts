import { command, UsageError } from '../command';

const LISTEN = '127.0.0.1:7900';

export const broker = command({
  name: 'broker',
  summary: 'Run a mesh broker in this terminal: it keeps messages for machines and agents until they have them',
  args: {
    listen: { type: 'string', valueHint: 'host:port', default: LISTEN, description: 'Where to listen; port 0 takes a free one' },
    'public-url': { type: 'string', valueHint: 'url', description: 'How others reach it, for example wss://mesh.example.org/ws behind a proxy' },
    rate: { type: 'string', value: 'number', minimum: 0.1, valueHint: 'per-second', description: 'Messages a member may send per second (200)' },
    burst: { type: 'string', value: 'integer', minimum: 1, valueHint: 'count', description: 'Messages a member may send at once (2000)' },
    connections: { type: 'string', value: 'integer', minimum: 1, valueHint: 'count', description: 'Connections of one mesh (100)' },
    queue: { type: 'string', value: 'integer', minimum: 1, valueHint: 'count', description: 'Messages that may wait for one recipient (100000)' },
    'dedupe-days': { type: 'string', value: 'integer', minimum: 3, valueHint: 'days', description: 'How long ids of messages are remembered (30)' },
  },
  run: async (args, { paths, globals, out }) => {
    const { parseListen } = await import('../../daemon/values');
    const { DEFAULTS } = await import('../../broker/settings');
    const address = (args.listen as string | undefined) ?? LISTEN;
    const parsed = parse(address, parseListen);
    const settings = {
      ...parsed,
      publicUrl: publicUrlOf(args['public-url'] as string | undefined),
      ratePerSecond: (args.rate as number | undefined) ?? DEFAULTS.ratePerSecond,
      burst: (args.burst as number | undefined) ?? DEFAULTS.burst,
      connectionsPerMesh: (args.connections as number | undefined) ?? DEFAULTS.connectionsPerMesh,
      queuePerRecipient: (args.queue as number | undefined) ?? DEFAULTS.queuePerRecipient,
      dedupeDays: (args['dedupe-days'] as number | undefined) ?? DEFAULTS.dedupeDays,
    };
    const { runBroker } = await import('../../broker/main');
    return runBroker(paths, settings, ({ pid, url }) => {
      if (globals.json) out.line(JSON.stringify({ ok: true, pid, url }));
      else if (globals.quiet) out.line(url);
      else out.line(`zd broker listens at ${url} (pid ${pid}); now: zd mesh create NAME`);
    });
  },
});

function parse(address: string, parser: (text: string) => { host: string; port: number } | null): { host: string; port: number } {
  try {
    const parsed = parser(address);
    if (parsed) return parsed;
  } catch {
    // Said below.
  }
  throw new UsageError(`"${address}" is not an address to listen at`, `For example: zd broker --listen ${LISTEN}`);
}

function publicUrlOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^wss?:\/\/[^|\s]+\/ws$/.test(text) && URL.canParse(text)) return text;
  throw new UsageError(`"${text}" is not the address of a broker`, 'For example: --public-url wss://mesh.example.org/ws');
}
