import { ZdError } from '../../kernel/error';

interface Place {
  readonly name: string;
  readonly holder: { readonly fence: number };
}

/** A page token holds the last row's place, so a page does not depend on what changed meanwhile. */
export const cursorAt = ({ name, holder }: Place): string => Buffer.from(JSON.stringify([name, holder.fence])).toString('base64url');

/** Index of the first row behind the cursor; rows are in order of name and fence. */
export function afterCursor(rows: readonly Place[], cursor: string): number {
  const [name, fence] = decode(cursor);
  const bytes = Buffer.from(name);
  const at = rows.findIndex((row) => {
    const order = Buffer.compare(Buffer.from(row.name), bytes);
    return order > 0 || (order === 0 && row.holder.fence > fence);
  });
  return at === -1 ? rows.length : at;
}

function decode(cursor: string): [string, number] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && place.length === 2 && typeof place[0] === 'string' && typeof place[1] === 'number') return place as [string, number];
  } catch {
    // Told below.
  }
  throw new ZdError('bad_args', '/cursor: not a cursor of this operation', { path: '/cursor' });
}
