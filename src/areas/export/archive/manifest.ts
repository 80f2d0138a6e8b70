import { strict, t, type Static } from '../../../kernel/schema';
import { checker } from '../../../kernel/validate';
import { bad } from './tar';

/** The last member of an archive: what it is, and what every other member must be. An archive without it is not whole. */
const Manifest = strict({
  format: t.Literal('zd-backup'),
  version: t.Literal(1),
  zd: t.String({ maxLength: 100 }),
  created_at: t.String({ maxLength: 40 }),
  members: t.Array(strict({ name: t.String(), bytes: t.Integer({ minimum: 0 }), sha256: t.String({ pattern: '^[0-9a-f]{64}$' }) })),
});

export type Manifest = Static<typeof Manifest>;
export type Checked = Manifest['members'][number];

export const manifestOf = (zd: string, now: number, members: readonly Checked[]): Manifest => ({
  format: 'zd-backup',
  version: 1,
  zd,
  created_at: new Date(now).toISOString(),
  members: [...members],
});

/** Throws `bad_archive`. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad('its manifest is not JSON', error);
  }
  const check = checker(Manifest);
  if (check.Check(value)) return value as Manifest;
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === 'zd-backup' && version !== 1) throw bad(`it is of version ${JSON.stringify(version)?.slice(0, 20)}, and this zd knows 1`);
  const first = check.Errors(value).First();
  throw bad(`its manifest is not one of ours (${first?.path || 'it'}: ${first?.message ?? 'not valid'})`);
}
