import type { FileEntry } from './from_zsh';
import { secondsOf, SyntheticTime } from './synthetic_time';

const COMMAND = /^- cmd: ?(.*)$/s;
const WHEN = /^ {2}when: (\d+)$/;
const decoder = new TextDecoder();

/** fish's history file, which looks like YAML and is not: of the command only backslash and newline are escaped. */
export async function* fromFish(lines: AsyncIterable<Buffer>): AsyncGenerator<FileEntry> {
  const times = new SyntheticTime();
  let line: string | null = null;
  let time: number | null = null;
  const close = (): FileEntry | null => (line === null || line.trim() === '' ? null : { line, ts: times.next(time) });
  for await (const bytes of lines) {
    const text = decoder.decode(bytes);
    const command = COMMAND.exec(text);
    if (command) {
      const found = close();
      if (found) yield found;
      line = command[1]!.replace(/\\([\\n])/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\'));
      time = null;
    } else time = secondsOf(WHEN.exec(text)?.[1] ?? '') ?? time;
  }
  const found = close();
  if (found) yield found;
}
