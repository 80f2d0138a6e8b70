import { ZdError } from '../../../kernel/error';

/** The interchange format of POSIX (ustar, IEEE Std 1003.1 pax(1)): a header of 512 bytes, then the content in blocks of as many. */
const BLOCK = 512;
/** More than this a size of 11 octal digits cannot say. */
const OCTAL_MOST = 0o77777777777;

export interface Member {
  readonly name: string;
  readonly bytes: number;
}

/** The header of a regular file; mode 0600, and no owner. Throws when no header can hold the name. */
export function headerOf({ name, bytes }: Member, mtimeSecs: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const { prefix, rest } = splitName(name);
  header.write(rest, 0, 'utf8');
  header.write('0000600\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  if (bytes <= OCTAL_MOST) header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  else {
    // Base 256, as GNU and BSD tar have it: the top bit, then the number.
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  header.write(`${Math.max(0, Math.min(mtimeSecs, OCTAL_MOST)).toString(8).padStart(11, '0')}\0`, 136, 'latin1');
  header.write('        0', 148, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  header.write(prefix, 345, 'utf8');
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What fills the last block of a content. */
export const paddingOf = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);
/** What ends an archive. */
export const END = Buffer.alloc(2 * BLOCK);

function splitName(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= 100) return { prefix: '', rest: name };
  for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return { prefix, rest };
  }
  throw new Error(`no header of an archive can hold the name ${name}`);
}

/** The sum of all bytes, those of the sum itself as blanks. */
function sumOf(header: Buffer): number {
  let sum = 8 * 0x20;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}

/** What a header says; null for the empty block that ends an archive. Regular files alone: throws `bad_archive` for links, folders, devices. */
export function memberOf(header: Buffer): Member | null {
  if (header.every((byte) => byte === 0)) return null;
  if (header.toString('latin1', 257, 262) !== 'ustar') throw bad('it is no ustar archive');
  if (octal(header, 148, 8) !== sumOf(header)) throw bad('a header has the wrong checksum');
  const type = header.toString('latin1', 156, 157);
  const [prefix, rest] = [textAt(header, 345, 155), textAt(header, 0, 100)];
  const name = prefix === '' ? rest : `${prefix}/${rest}`;
  if (type !== '0') throw bad(`${JSON.stringify(name)} is no regular file (type ${JSON.stringify(type)})`);
  return { name, bytes: header[124] === 0x80 ? large(header) : octal(header, 124, 12) };
}

function textAt(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString();
}

function octal(header: Buffer, from: number, length: number): number {
  const text = header
    .toString('latin1', from, from + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]{1,12}$/.test(text)) throw bad('a header holds no number where one belongs');
  return parseInt(text, 8);
}

function large(header: Buffer): number {
  const size = header.readBigUInt64BE(128);
  if (header.readUInt32BE(124) !== 0x80000000 || size > BigInt(Number.MAX_SAFE_INTEGER)) throw bad('a size is beyond all bounds');
  return Number(size);
}

/** Cuts chunks of any length into what is asked for. */
export class ChunkReader {
  private held: Buffer = Buffer.alloc(0);
  private readonly chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes, piece by piece; `bad_archive` when it ends before. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.held.length === 0) {
        const { value, done } = await this.chunks.next();
        if (done) throw bad('it is cut off');
        this.held = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        continue;
      }
      const piece = this.held.subarray(0, left);
      this.held = this.held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** A whole block. */
  async block(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.take(BLOCK)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async skipPadding(bytes: number): Promise<void> {
    for await (const piece of this.take(paddingOf(bytes).length))
      if (piece.some((byte) => byte !== 0)) throw bad('there are bytes between two members');
  }

  close(): void {
    void this.chunks.return?.();
  }
}

export const bad = (why: string, cause?: unknown): ZdError => new ZdError('bad_archive', `The archive cannot be used: ${why}.`, { cause });
