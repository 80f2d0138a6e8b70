import { nodeZlib } from '../../kernel/builtin';
import { promisify } from 'node:util';
import { ZdError } from '../../kernel/error';
import { Name, nullable, strict, t, type Static } from '../../kernel/schema';
import { checker } from '../../kernel/validate';
import type { BundleOrigin, DefinitionRecord, Kind } from '../definitions/service';
import { sha256InTurns } from './digest';
import { BundleLine, bundleLine, bundleOf, lineOf, recordOf } from './row';

/**
 * The file of a snapshot: JSON lines (one object per line, UTF-8, LF), compressed with zstd (RFC 8878).
 *
 *     {"format":"zd-snapshot","version":1,"tag":"work","generation":1760000000000000000,"notes":null,"zd":"0.1.0","rows":2,"bundles":[…]}
 *     {"kind":"alias","name":"gs","shell_id":"zsh","value":"git status","set_at":1760000000000}
 *     {"kind":"env","name":"EDITOR","shell_id":"zsh","value":"vim","file":"/home/me/.zshrc","line":3,"set_at":1760000000000}
 *     {"end":true,"rows":2,"sha256":"…"}
 *
 * The first line says what it is, the last one how many rows lie between and the sha256 of every byte before it; so a file that was cut or
 * changed is known as such. Rows are as in `row.ts`. A version this zd does not know is refused.
 */
const FORMAT = 'zd-snapshot';
const VERSION = 1;

/** Bytes of the lines together; also keeps a small file that unpacks to a huge one from filling the memory. */
export const MOST_BYTES = 1024 ** 3;
/** Bytes of lines that are made strings at once. */
const STRETCH_BYTES = 1 << 20;
/** Rows between two looks at what else there is to do. */
const STRIDE = 2000;

const Header = strict({
  format: t.Literal(FORMAT),
  version: t.Literal(VERSION),
  tag: Name,
  generation: t.Number({ minimum: 0 }),
  notes: nullable(t.String({ maxLength: 4096 })),
  zd: t.String({ maxLength: 100 }),
  rows: t.Integer({ minimum: 0 }),
  bundles: t.Array(BundleLine, { maxItems: 10_000 }),
});
const Footer = strict({ end: t.Literal(true), rows: t.Integer({ minimum: 0 }), sha256: t.String() });

export interface Head {
  readonly tag: string;
  /** When it was saved, in nanoseconds. */
  readonly generation: number;
  readonly notes: string | null;
  readonly rows: number;
  readonly bundles: readonly BundleOrigin[];
}

/** A file that was read and found whole. */
export interface Content {
  readonly head: Head;
  /** Every row, in the order of the file; as often as they are asked for. */
  records(): Generator<DefinitionRecord>;
}

type IsKind = (text: string) => text is Kind;

/** The bytes of a snapshot of these records. */
export async function encode(
  head: Omit<Head, 'rows'>,
  records: Iterable<DefinitionRecord> | AsyncIterable<DefinitionRecord>,
  zd: string,
): Promise<{ bytes: Buffer; rows: number }> {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  let rows = 0;
  const pack = () => {
    pieces.push(Buffer.from(`${lines.join('\n')}\n`));
    lines = [];
  };
  const add = (record: DefinitionRecord) => {
    rows++;
    if (lines.push(lineOf(record)) === STRIDE) pack();
  };
  // Records that are there already are taken without a turn between them.
  if (Symbol.iterator in records) for (const record of records) add(record);
  else for await (const record of records) add(record);
  if (lines.length > 0) pack();
  const { tag, generation, notes } = head;
  const first = JSON.stringify({
    ...{ format: FORMAT, version: VERSION, tag, generation, notes, zd, rows },
    bundles: head.bundles.map(bundleLine),
  });
  pieces.unshift(Buffer.from(`${first}\n`));
  const last = JSON.stringify({ end: true, rows, sha256: await sha256InTurns(pieces) });
  return { bytes: await promisify(nodeZlib().zstdCompress)(Buffer.concat([...pieces, Buffer.from(`${last}\n`)])), rows };
}

/** Looks at every byte before it gives anything. Throws `snapshot_read`. */
export async function decode(bytes: Uint8Array, isKind: IsKind): Promise<Content> {
  const text = await unpack(bytes);
  const end = text.lastIndexOf(0x0a, text.length - 2) + 1;
  if (text.length === 0 || text.at(-1) !== 0x0a || end === 0) throw damaged('it is cut off');
  const footer = parsed(text.subarray(end, text.length - 1).toString(), Footer, 'the last line') as Static<typeof Footer>;
  if (footer.sha256 !== (await sha256InTurns([text.subarray(0, end)]))) throw damaged('it was changed, or it is cut off');
  const start = text.indexOf(0x0a) + 1;
  const head = headOf(text.subarray(0, start - 1).toString());
  const records = () => rows(text.subarray(start, end), isKind);
  let found = 0;
  const seen = new Set<string>();
  for (const { kind, name, shellId } of records()) {
    seen.add(`${kind}\0${shellId}\0${name}`);
    if (++found !== seen.size) throw damaged(`row ${found} is there twice`);
    if (found % STRIDE === 0) await new Promise(setImmediate);
  }
  if (found !== footer.rows || found !== head.rows) throw damaged(`it says it has ${head.rows} rows and has ${found}`);
  return { head, records };
}

/** What the first line says. */
export function headOf(line: string): Head {
  const header = parsed(line, Header, 'the first line') as Static<typeof Header>;
  const { tag, generation, notes, rows: count, bundles } = header;
  return { tag, generation, notes, rows: count, bundles: bundles.map(bundleOf) };
}

function* rows(text: Buffer, isKind: IsKind): Generator<DefinitionRecord> {
  let row = 0;
  for (const line of linesOf(text)) {
    row++;
    const record = recordOf(json(line, `row ${row}`), isKind);
    if (typeof record === 'string') throw damaged(`row ${row}: ${record}`);
    yield record;
  }
}

/** The lines of a text, many at a time: to make a string of each alone takes ten times as long. */
function* linesOf(text: Buffer): Generator<string> {
  for (let at = 0; at < text.length;) {
    const wanted = at + STRETCH_BYTES;
    const before = wanted >= text.length ? text.length : text.lastIndexOf(0x0a, wanted) + 1;
    // A line that is longer than a stretch is a stretch of its own.
    const end = before > at ? before : text.indexOf(0x0a, wanted) + 1;
    yield* text.toString('utf8', at, end - 1).split('\n');
    at = end;
  }
}

async function unpack(bytes: Uint8Array): Promise<Buffer> {
  try {
    return await promisify(nodeZlib().zstdDecompress)(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw damaged(large ? `it unpacks to more than ${MOST_BYTES} bytes` : 'it is not zstd', error);
  }
}

function json(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(`${where} is not JSON`, error);
  }
}

function parsed(text: string, schema: typeof Header | typeof Footer, where: string): unknown {
  const value = json(text, where);
  const check = checker(schema);
  if (check.Check(value)) return value;
  const { format, version } = value as { format?: unknown; version?: unknown };
  if (schema === Header && format === FORMAT && version !== VERSION)
    throw damaged(`it is of version ${JSON.stringify(version)?.slice(0, 20)}, and this zd knows ${VERSION}`);
  const first = check.Errors(value).First();
  throw damaged(`${where}: ${first?.path || 'it'}: ${first?.message ?? 'not valid'}`);
}

export const damaged = (what: string, cause?: unknown): ZdError => new ZdError('snapshot_read', `The snapshot cannot be used: ${what}.`, { cause });
