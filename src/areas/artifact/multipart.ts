import type { ByteRange } from './http';

const CRLF = '\r\n';

export interface Multipart {
  readonly type: string;
  readonly length: number;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/** Several ranges as one body (RFC 9110 §14.6). Nobody can guess the boundary, so no content holds it. */
export function multipart(
  ranges: readonly ByteRange[],
  bytes: number,
  type: string,
  piece: (range: ByteRange) => AsyncIterable<Uint8Array>,
): Multipart {
  const boundary = crypto.randomUUID();
  const heads = ranges.map(({ first, last }, at) =>
    Buffer.from(
      `${at === 0 ? '' : CRLF}--${boundary}${CRLF}Content-Type: ${type}${CRLF}Content-Range: bytes ${first}-${last}/${bytes}${CRLF}${CRLF}`,
    ),
  );
  const end = Buffer.from(`${CRLF}--${boundary}--${CRLF}`);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const [at, range] of ranges.entries()) {
      yield heads[at]!;
      yield* piece(range);
    }
    yield end;
  }
  const length = ranges.reduce((sum, { first, last }, at) => sum + heads[at]!.length + last - first + 1, end.length);
  return { type: `multipart/byteranges; boundary=${boundary}`, length, chunks: chunks() };
}
