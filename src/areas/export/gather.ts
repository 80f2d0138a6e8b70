import type { DefinitionRecord, DefinitionService, Kind } from '../definitions/service';
import type { Item } from './item';
import { isSensitive } from './sensitive';

/** What is read of the definitions: one shell's, with or without what is sensitive. */
export interface Selection {
  readonly shellId: string;
  readonly sensitive: boolean;
  readonly signal?: AbortSignal;
}

/** The bit of a record that says its value is not to be shown. */
const HIDE_VALUE = 0x800;

/** Definitions as rows to export. */
export class Gatherer {
  constructor(private readonly definitions: DefinitionService) {}

  /** The rows of one kind, in their order. */
  async kind(kind: Kind, { shellId, sensitive, signal }: Selection): Promise<Item[]> {
    const items: Item[] = [];
    for await (const record of this.definitions.read({ shellId, kind }, signal)) items.push(itemOf(record, sensitive));
    return items;
  }

  /** One definition, or null. */
  one(kind: Kind, name: string, { shellId, sensitive }: Selection): Item | null {
    const record = this.definitions.get(shellId, kind, name);
    return record && itemOf(record, sensitive);
  }

  /** A list that a shell keeps in a variable: as an array in small letters, or as text with colons in capitals. */
  variable(name: string, selection: Selection): Item[] {
    const array = this.one('params', name, selection) ?? this.one('params_typed', name, selection);
    if (array?.list) return array.list.map(entry);
    for (const kind of ['env', 'params'] as const) {
      const text = this.one(kind, name.toUpperCase(), selection)?.value;
      if (typeof text === 'string') return text === '' ? [] : text.split(':').map(entry);
    }
    return [];
  }

  /** An association: what the parameter of this name holds, else the rows of a kind. */
  async association(name: string, kind: Kind | null, selection: Selection): Promise<Item[]> {
    const found = this.one('params', name, selection)?.pairs ?? this.one('params_typed', name, selection)?.pairs;
    if (found) return found.map(([key, value]) => ({ key, value, list: null, pairs: null }));
    return kind ? this.kind(kind, selection) : [];
  }

  /** The value of a record as its text; null when it is withheld. */
  shown = (record: DefinitionRecord, sensitive: boolean): string | null => itemOf(record, sensitive).value;

  /** The shell an export is of: the one named, else `zshrs` or whichever is the only one. Null when there are several to choose from. */
  shell(named: string | undefined): string | null {
    if (named !== undefined) return named;
    const known = this.definitions.shells().map(({ shellId }) => shellId);
    if (known.length === 0 || known.includes('zshrs')) return 'zshrs';
    return known.length === 1 ? known[0]! : null;
  }
}

const entry = (value: string, at: number): Item => ({ key: String(at), value, list: null, pairs: null });

function itemOf(record: DefinitionRecord, sensitive: boolean): Item {
  const key = record.kind === 'zstyle' ? record.name.replace(/^\d+:/, '') : record.name;
  if (!sensitive && (isSensitive(record) || (record.attrs & HIDE_VALUE) !== 0)) return { key, value: null, list: null, pairs: null };
  const { value, list, pairs } = valueOf(record);
  return { key, value, list: record.valueArray ?? list, pairs: record.valueAssoc ?? pairs };
}

/** A value that is kept as JSON: a text is itself, a list of texts also a list, an object of texts also pairs. */
function valueOf({ value, json }: DefinitionRecord): Pick<Item, 'value' | 'list' | 'pairs'> {
  if (value === null || !json) return { value, list: null, pairs: null };
  const parsed: unknown = JSON.parse(value);
  if (typeof parsed === 'string') return { value: parsed, list: null, pairs: null };
  if (Array.isArray(parsed)) return { value, list: parsed.every(isText) ? parsed : null, pairs: null };
  if (typeof parsed !== 'object' || parsed === null) return { value, list: null, pairs: null };
  // The payload of a typed parameter.
  const { value: text, value_array: array, value_assoc: pairs } = parsed as Record<string, unknown>;
  if ('attrs' in parsed)
    return {
      value: isText(text) ? text : '',
      list: Array.isArray(array) && array.every(isText) ? array : null,
      pairs: Array.isArray(pairs) ? (pairs as [string, string][]) : null,
    };
  const members = Object.entries(parsed);
  return { value, list: null, pairs: members.every((each): each is [string, string] => isText(each[1])) ? members : null };
}

const isText = (value: unknown): value is string => typeof value === 'string';
