import type { CliHints } from '../kernel/op';
import { areaSummaries, catalogueText } from './catalogue_build' with { type: 'macro' };

/** The part of JSON Schema that an operation's input uses. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** What the command line knows of one operation or stream. */
export interface Entry {
  readonly kind: 'op' | 'stream';
  readonly area: string;
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: string;
  /** Operations only. */
  readonly effect?: 'read' | 'write' | 'destructive';
  readonly output?: Schema;
  /** Streams only. */
  readonly path?: string;
  readonly events?: readonly string[];
  readonly errors: readonly string[];
  readonly cli?: CliHints;
  readonly input: Schema;
  readonly example: Readonly<Record<string, unknown>>;
}

/** A function and not a constant: the minifier would copy a constant's text into every place that reads it. */
function text(): string {
  return catalogueText();
}

/** The entry behind exactly these words; the others are not parsed. */
export function entryOf(words: string): Entry | null {
  if (words === '') return null;
  const all = text();
  const from = all.startsWith(`${words}\t`) ? 0 : all.indexOf(`\n${words}\t`) + 1;
  if (from === 0 && !all.startsWith(`${words}\t`)) return null;
  const end = all.indexOf('\n', from);
  return JSON.parse(all.slice(from + words.length + 1, end === -1 ? undefined : end)) as Entry;
}

/** Every operation and stream, in published order. */
export const entries = (): Entry[] =>
  text()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line.slice(line.indexOf('\t') + 1)) as Entry);

/** The words of every derived command. */
export const derivedWords = (): string[] =>
  text()
    .split('\n')
    .map((line) => line.slice(0, line.indexOf('\t')))
    .filter(Boolean);

export const areaSummary = (area: string): string => (JSON.parse(areaSummaries()) as Record<string, string>)[area] ?? '';
