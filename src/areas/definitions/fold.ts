import type { Kind } from './kinds';
import { entryOf, meaningOf, recordFor, type Observation } from './observation';
import type { DefinitionRecord, Override } from './service';

/** Definitions of one name that are remembered; of more, the newest. */
const MOST_OVERRIDES = 1000;

/** What a sequence of observations of one shell comes to, each taking effect after the one before it. */
export class ShellFold {
  private readonly records = new Map<Kind, Map<string, DefinitionRecord>>();
  private readonly gone = new Map<Kind, Set<string>>();
  private readonly unknowns = new Map<string, number>();

  constructor(
    private readonly shellId: string,
    private readonly setAt: number,
  ) {}

  see(seen: Observation): void {
    const meaning = meaningOf(seen);
    switch (meaning.does) {
      case 'set':
        for (const kind of meaning.kinds) this.set(kind, seen.name, seen);
        break;
      case 'append':
        this.append(meaning.kind, seen);
        break;
      case 'remove':
        for (const kind of meaning.kinds) this.remove(kind, seen.name);
        break;
      case 'unknown':
        this.unknowns.set(seen.kind, (this.unknowns.get(seen.kind) ?? 0) + 1);
    }
  }

  set(kind: Kind, name: string, seen: Observation): void {
    const records = this.of(kind);
    const history = (records.get(name)?.history ?? []) as Override[];
    const record = recordFor(this.shellId, kind, name, seen, this.setAt, history);
    history.push({ value: record.value, file: record.file, line: record.line, fn_chain: record.fnChain });
    if (history.length > MOST_OVERRIDES) history.shift();
    records.set(name, record);
    this.gone.get(kind)?.delete(name);
  }

  append(kind: Kind, seen: Observation): void {
    const entry = entryOf(kind, seen);
    this.set(kind, entry.name(this.of(kind).size), { ...seen, kind, value: entry.value });
  }

  remove(kind: Kind, name: string): void {
    this.records.get(kind)?.delete(name);
    const gone = this.gone.get(kind);
    if (gone) gone.add(name);
    else this.gone.set(kind, new Set([name]));
  }

  /** Leaves only these names of a kind. */
  keepOnly(kind: Kind, names: ReadonlySet<string>): void {
    for (const name of [...this.of(kind).keys()]) if (!names.has(name)) this.remove(kind, name);
  }

  /** Everything of a kind, to be seen anew. */
  forget(kind: Kind): void {
    this.records.set(kind, new Map());
  }

  get(kind: Kind, name: string): DefinitionRecord | undefined {
    return this.records.get(kind)?.get(name);
  }

  kinds = (): Kind[] => [...this.records.keys()];
  size = (): number => [...this.records.values()].reduce((sum, { size }) => sum + size, 0);
  all = (): DefinitionRecord[] => [...this.records.values()].flatMap((each) => [...each.values()]);
  removed = (): [Kind, string][] => [...this.gone].flatMap(([kind, names]) => [...names].map((name): [Kind, string] => [kind, name]));
  /** Words of no vocabulary, and how often each came. */
  unknown = (): ReadonlyMap<string, number> => this.unknowns;

  private of(kind: Kind): Map<string, DefinitionRecord> {
    let records = this.records.get(kind);
    if (!records) this.records.set(kind, (records = new Map()));
    return records;
  }
}
