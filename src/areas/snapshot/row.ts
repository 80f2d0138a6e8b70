import { nullable, strict, t, type Static } from '../../kernel/schema';
import { checker } from '../../kernel/validate';
import type { BundleOrigin, DefinitionRecord, Kind } from '../definitions/service';

const Text = nullable(t.String());
const Whole = t.Integer({ minimum: 0 });

/** A definition as one line of the file. What is null, false or empty may be left out. */
const RowLine = strict({
  kind: t.String(),
  name: t.String(),
  shell_id: t.String({ pattern: '^[a-z0-9](?:[a-z0-9_:-]{0,30}[a-z0-9])?$' }),
  value: t.Optional(Text),
  json: t.Optional(t.Boolean()),
  value_array: t.Optional(nullable(t.Array(t.String()))),
  value_assoc: t.Optional(nullable(t.Array(t.Tuple([t.String(), t.String()])))),
  attrs: t.Optional(t.Integer({ minimum: 0, maximum: 0xffff })),
  file: t.Optional(Text),
  line: t.Optional(nullable(t.Integer({ minimum: 0, maximum: 0xffff_ffff }))),
  fn_chain: t.Optional(Text),
  history: t.Optional(t.Array(strict({ value: Text, file: Text, line: nullable(t.Integer({ minimum: 0 })), fn_chain: Text }))),
  order_idx: t.Optional(nullable(Whole)),
  ts_ns: t.Optional(nullable(t.Number({ minimum: 0 }))),
  set_at: Whole,
  set_by_shell: t.Optional(nullable(t.Integer())),
});

/** Where a shell's newest bundle came from. */
export const BundleLine = strict({
  shell_id: t.String(),
  started_at_ns: t.Number(),
  finished_at_ns: t.Number(),
  cmdline: Text,
  zdotdir: Text,
  home: Text,
  events: Whole,
  ingested_at: Whole,
});

export const lineOf = (record: DefinitionRecord): string =>
  JSON.stringify({
    kind: record.kind,
    name: record.name,
    shell_id: record.shellId,
    value: record.value ?? undefined,
    json: record.json || undefined,
    value_array: record.valueArray ?? undefined,
    value_assoc: record.valueAssoc ?? undefined,
    attrs: record.attrs || undefined,
    file: record.file ?? undefined,
    line: record.line ?? undefined,
    fn_chain: record.fnChain ?? undefined,
    history: record.history.length === 0 ? undefined : record.history,
    order_idx: record.orderIdx ?? undefined,
    ts_ns: record.tsNs ?? undefined,
    set_at: record.setAt,
    set_by_shell: record.setByShell ?? undefined,
  });

/** What a line says; a text with what is wrong with it otherwise. */
export function recordOf(line: unknown, isKind: (text: string) => text is Kind): DefinitionRecord | string {
  const check = checker(RowLine);
  if (!check.Check(line)) {
    const first = check.Errors(line).First();
    return `${first?.path || 'it'}: ${first?.message ?? 'not valid'}`;
  }
  const row = line as Static<typeof RowLine>;
  if (!isKind(row.kind)) return `/kind: "${row.kind.slice(0, 60)}" is not known`;
  return {
    shellId: row.shell_id,
    kind: row.kind,
    name: row.name,
    value: row.value ?? null,
    json: row.json ?? false,
    valueArray: row.value_array ?? null,
    valueAssoc: (row.value_assoc as [string, string][] | null | undefined) ?? null,
    attrs: row.attrs ?? 0,
    file: row.file ?? null,
    line: row.line ?? null,
    fnChain: row.fn_chain ?? null,
    history: row.history ?? [],
    orderIdx: row.order_idx ?? null,
    tsNs: row.ts_ns ?? null,
    setAt: row.set_at,
    setByShell: row.set_by_shell ?? null,
  };
}

export const bundleLine = (bundle: BundleOrigin): Static<typeof BundleLine> => ({
  shell_id: bundle.shellId,
  started_at_ns: bundle.startedAtNs,
  finished_at_ns: bundle.finishedAtNs,
  cmdline: bundle.cmdline,
  zdotdir: bundle.zdotdir,
  home: bundle.home,
  events: bundle.events,
  ingested_at: bundle.ingestedAt,
});

export const bundleOf = (line: Static<typeof BundleLine>): BundleOrigin => ({
  shellId: line.shell_id,
  startedAtNs: line.started_at_ns,
  finishedAtNs: line.finished_at_ns,
  cmdline: line.cmdline,
  zdotdir: line.zdotdir,
  home: line.home,
  events: line.events,
  ingestedAt: line.ingested_at,
});
