import type { HistoryLine } from './service';

/**
 * The extended history file of zsh, oldest first: `: SECONDS:DURATION;COMMAND`, a line break inside a command after a backslash, and bytes zsh
 * has a meaning of its own for as 0x83 and the byte with bit 5 flipped (Src/utils.c, metafy). Each character of the text is one byte.
 */
export function toHistfile(newestFirst: readonly HistoryLine[]): Uint8Array {
  const lines = newestFirst.toReversed().map(({ ts_ns, duration_ns, line }) => {
    const seconds = Math.floor(ts_ns / 1e9);
    return `: ${seconds}:${Math.floor((duration_ns ?? 0) / 1e9)};${line.replaceAll('\n', '\\\n')}${line.endsWith('\\') ? ' ' : ''}\n`;
  });
  return metafied(Buffer.from(lines.join('')));
}

const META = 0x83;

function metafied(bytes: Uint8Array): Uint8Array {
  const special = (byte: number) => byte === 0 || (byte >= META && byte <= 0xa2);
  const extra = bytes.reduce((sum, byte) => sum + (special(byte) ? 1 : 0), 0);
  const result = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (special(byte)) result[at++] = META;
    result[at++] = special(byte) ? byte ^ 0x20 : byte;
  }
  return result;
}
