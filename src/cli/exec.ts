import type { StreamEvent } from '../kernel/event_stream';
import { ClientError } from '../client/error';

/** Linux takes at most 128 KiB for one variable; what is longer is on stdin all the same. */
const MAX_VALUE_BYTES = 32 * 1024;

/**
 * Runs a command for one event and resolves with its exit code: the words as they are, never through a shell. The event's JSON is on
 * its stdin; `ZD_EVENT` is the event's name, `ZD_EVENT_ID` its id, `ZD_EVENT_PATH` and the like are the members that are plain values.
 */
export async function runFor(event: StreamEvent, command: readonly string[], signal: AbortSignal): Promise<number> {
  let child: Bun.Subprocess;
  try {
    child = Bun.spawn([...command], { env: { ...process.env, ...variables(event) }, stdio: [new Blob([`${event.data}\n`]), 'inherit', 'inherit'] });
  } catch (error) {
    throw new ClientError(
      'exec_failed',
      `${command[0]} cannot be run: ${(error as Error).message}`,
      'Name a program and its arguments; a shell line needs `sh -c`',
      127,
    );
  }
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const code = await child.exited;
  signal.removeEventListener('abort', stop);
  return code;
}

function variables({ id, event, data }: StreamEvent): Record<string, string> {
  const found: Record<string, string> = { ZD_EVENT: event, ZD_EVENT_ID: id };
  for (const [name, value] of Object.entries(JSON.parse(data) as Record<string, unknown>)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const text = String(value);
    if (text.length <= MAX_VALUE_BYTES && !text.includes('\0')) found[`ZD_EVENT_${name.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`] = text;
  }
  return found;
}
