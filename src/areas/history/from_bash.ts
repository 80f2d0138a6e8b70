import type { FileEntry } from './from_zsh';
import { secondsOf, SyntheticTime } from './synthetic_time';

const TIME = /^#(\d{9,10})$/;
const decoder = new TextDecoder();

/**
 * bash's history file. With times (`HISTTIMEFORMAT`), each stands as `#SECONDS` before its command, and a command may have several lines;
 * without them every line is one.
 */
export async function* fromBash(lines: AsyncIterable<Buffer>): AsyncGenerator<FileEntry> {
  const times = new SyntheticTime();
  let time: number | null = null;
  let open: string[] = [];
  const close = (): FileEntry | null => {
    const line = open.join('\n');
    open = [];
    return line.trim() === '' ? null : { line, ts: times.next(time) };
  };
  for await (const bytes of lines) {
    const text = decoder.decode(bytes);
    const head = TIME.exec(text);
    if (!head) {
      open.push(text);
      if (time !== null) continue;
    }
    const found = close();
    if (found) yield found;
    if (head) time = secondsOf(head[1]!);
  }
  const found = close();
  if (found) yield found;
}
