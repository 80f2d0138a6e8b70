import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { END, headerOf, memberOf, paddingOf } from '../../src/areas/export/archive/tar';

export interface Piece {
  readonly name: string;
  readonly content: Buffer;
}

/** The members of an archive. */
export async function membersOf(archive: Uint8Array): Promise<Piece[]> {
  const tar = Buffer.from(await promisify(zstdDecompress)(archive));
  const found: Piece[] = [];
  for (let at = 0; ;) {
    const member = memberOf(tar.subarray(at, at + 512));
    if (!member) return found;
    found.push({ name: member.name, content: tar.subarray(at + 512, at + 512 + member.bytes) });
    at += 512 + member.bytes + paddingOf(member.bytes).length;
  }
}

/** An archive of these members; `mark` may spoil the header of one. */
export function archiveOf(pieces: readonly Piece[], mark: (header: Buffer, name: string) => Buffer = (header) => header): Promise<Buffer> {
  const blocks = pieces.flatMap(({ name, content }) => [
    mark(headerOf({ name, bytes: content.length }, 0), name),
    content,
    paddingOf(content.length),
  ]);
  return promisify(zstdCompress)(Buffer.concat([...blocks, END]));
}

/** The header with another type, or another name, and the sum that belongs to it. */
export function remade(header: Buffer, { type, name, link }: { readonly type?: string; readonly name?: string; readonly link?: string }): Buffer {
  const changed = Buffer.from(header);
  if (type !== undefined) changed.write(type, 156, 'latin1');
  if (link !== undefined) changed.write(link, 157, 'latin1');
  if (name !== undefined) changed.fill(0, 0, 100).write(name, 0);
  let sum = 8 * 32;
  for (const [at, byte] of changed.entries()) if (at < 148 || at >= 156) sum += byte;
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return changed;
}
