import { EXIT } from '../../kernel/code_info';
import type { Client } from '../../client/client';
import { command } from '../command';
import { exitOf, remark } from '../job_end';
import { followJob, marker } from '../job_follow';
import { writeAll } from '../write';

const CHUNK_BYTES = 1024 * 1024;
const CHANNELS = ['stdout', 'stderr'] as const;

export const jobLogs = command({
  name: 'job logs',
  summary: 'Print what a job wrote, each channel to its own',
  args: {
    id: { type: 'positional', value: 'integer', minimum: 1, description: 'Number of the job' },
    follow: { type: 'boolean', alias: 'f', description: 'Go on until it is over, then exit with its code' },
    lines: { type: 'string', alias: 'n', value: 'integer', minimum: 0, valueHint: 'n', description: 'Only the last lines of each channel' },
    channel: { type: 'enum', options: [...CHANNELS], description: 'Only this one' },
  },
  run: async ({ id, follow, lines, channel }, invocation) => {
    const { client, out } = invocation;
    const chosen = CHANNELS.filter((each) => channel === undefined || each === channel);
    const behind: Record<string, number> = { stdout: 0, stderr: 0 };
    const job = { id: id as number, lines: lines as number | undefined };
    for (const each of chosen) behind[each] = await print(client(), each, job);
    if (!follow) return EXIT.ok;
    const signal = invocation.interrupted();
    const end = await followJob(invocation, job.id, { signal, from: `${behind.stdout}:${behind.stderr}`, channel: (channel as string) ?? 'both' });
    const said = remark(job.id, end);
    if (said !== null) out.note(said);
    return exitOf(end);
  },
});

/** Writes what there is now; resolves with the offset behind it. */
async function print(client: Client, channel: 'stdout' | 'stderr', { id, lines }: { id: number; lines: number | undefined }): Promise<number> {
  let query: Record<string, unknown> = lines === undefined ? { offset: 0 } : { lines };
  for (;;) {
    const reply = await client.call('job_output', { id, stderr: channel === 'stderr', encoding: 'base64', limit: CHUNK_BYTES, ...query });
    const [offset, next, dropped] = [Number(reply.offset), Number(reply.next_offset), Number(reply.dropped_bytes)];
    if (query.offset === 0 && dropped > 0) writeAll(2, marker(dropped));
    writeAll(channel === 'stderr' ? 2 : 1, Uint8Array.fromBase64(String(reply.content_base64)));
    if (next === offset || next >= Number(reply.bytes)) return next;
    query = { offset: next };
  }
}
