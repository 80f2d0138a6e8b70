/** A longer line is no command anybody typed; it is left out and counted. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** What was read of a file so far. */
export interface Reading {
  bytes: number;
  /** Lines that were left out because they are too long. */
  tooLong: number;
}

const NEWLINE = 10;

/** The lines of a file as bytes, without their ends, and never more of it in memory than a line and a chunk. */
export async function* fileLines(file: ReadableStream<Uint8Array>, reading: Reading): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let held = 0;
  const finish = (last: Buffer): Buffer | null => {
    const line = held === 0 ? last : Buffer.concat([...rest, last]);
    const fits = held + last.length <= MAX_LINE_BYTES;
    rest = [];
    held = 0;
    if (!fits) reading.tooLong++;
    return fits ? line : null;
  };
  for await (const bytes of file) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    reading.bytes += chunk.length;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const line = finish(chunk.subarray(from, end));
      if (line) yield line;
      from = end + 1;
    }
    // The chunk's memory is the reader's, who may use it again.
    if (from < chunk.length && held <= MAX_LINE_BYTES) rest.push(Buffer.from(chunk.subarray(from)));
    held += chunk.length - from;
  }
  const line = held > 0 ? finish(Buffer.alloc(0)) : null;
  if (line) yield line;
}
