import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import type { ArtifactRow } from './table';

export const ArtifactName = t.String({
  minLength: 1,
  maxLength: 1024,
  description: 'Segments between slashes; the first one of several is the namespace. No control characters, and no segment may be "." or "..".',
});

export const Digest = t.String({
  minLength: 64,
  maxLength: 64,
  description: 'sha256 of the content as hex; answered in lower case, taken in either.',
});

export const Bytes = t.Integer({ minimum: 0 });

export const Prefix = t.String({ maxLength: 1024, description: 'Names that start with exactly this text (case-sensitive).' });

/** A name in full, as list, delete and pin answer it. */
export const Entry = {
  name: t.String(),
  digest: t.String(),
  bytes: Bytes,
  type: t.String({ description: 'Media type it was put with.' }),
  created_at: Nanos,
  updated_at: Nanos,
  last_get_at: nullable(Nanos),
  pinned: t.Boolean(),
  corrupt: t.Boolean({ description: 'Its content was found damaged and is out of use until it is put again.' }),
};

export const EntryObject = strict(Entry);

export const entryOf = (row: ArtifactRow) => ({
  name: row.name,
  digest: row.digest,
  bytes: row.bytes,
  type: row.type,
  created_at: nanos(row.created_at),
  updated_at: nanos(row.updated_at),
  last_get_at: row.last_get_at === null ? null : nanos(row.last_get_at),
  pinned: row.pinned !== 0,
  corrupt: row.corrupt_at !== null,
});
