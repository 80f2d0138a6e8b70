import { secondsOf, SyntheticTime } from './synthetic_time';
import type { Draft } from './model';

/** An entry of a shell's file: what it does not tell is absent. */
export type FileEntry = Pick<Draft, 'line' | 'ts'> & Partial<Pick<Draft, 'exitCode' | 'cwd' | 'durationMs' | 'sessid' | 'hostname'>>;

const META = 0x83;
const decoder = new TextDecoder();

/** Undoes zsh's metafication (zsh, Src/utils.c): 0x83 stands before a byte it may not write, which follows with bit 5 turned. */
export function unmetafy(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(META)) return bytes;
  const plain = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    plain[length++] = byte === META && at + 1 < bytes.length ? bytes[++at]! ^ 32 : byte;
  }
  return plain.subarray(0, length);
}

const EXTENDED = /^: *(\d+):(\d+);/;

/** zsh's history file, extended or plain: a line that ends with a backslash goes on in the next one. Bytes that are no UTF-8 are replaced. */
export async function* fromZsh(lines: AsyncIterable<Buffer>): AsyncGenerator<FileEntry> {
  const times = new SyntheticTime();
  let open: string[] = [];
  const entry = (text: string): FileEntry | null => {
    const head = EXTENDED.exec(text);
    const line = head ? text.slice(head[0].length) : text;
    if (line.trim() === '') return null;
    const ts = times.next(head ? secondsOf(head[1]!) : null);
    return { line, ts, ...(head && head[2] !== '0' ? { durationMs: Math.min(Number(head[2]), 1e9) * 1000 } : {}) };
  };
  for await (const bytes of lines) {
    const text = decoder.decode(unmetafy(bytes));
    if (continues(text)) {
      open.push(text.slice(0, -1));
      continue;
    }
    // zsh writes a blank behind a backslash that does not continue the line.
    const whole = [...open, text.replace(/\\ +$/, '\\')].join('\n');
    open = [];
    const found = entry(whole);
    if (found) yield found;
  }
  const found = open.length > 0 ? entry(open.join('\n')) : null;
  if (found) yield found;
}

/** An odd number of backslashes at the end: each pair is a backslash of the command. */
const continues = (text: string): boolean => /(?:^|[^\\])(?:\\\\)*\\$/.test(text.slice(-1000));
