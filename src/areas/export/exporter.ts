import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { DefinitionService } from '../definitions/service';
import { tableBody } from './bodies';
import { Gatherer, type Selection } from './gather';
import { toHistfile } from './histfile';
import type { Item, Table } from './item';
import { matching, sinceOf } from './narrow';
import { pluginsOf } from './plugins';
import { dialectOf, script } from './sections';
import { FORMATS, type Exported, type ExportRequest, type ExportService, type Format, type HistoryLine, type Providers } from './service';
import { remark } from './shell/quote';
import { ALL_STATE, findTarget, NOT_KEPT, TARGET_NAMES, type Target } from './targets';
import { filesIn } from './walk';

/** Most lines of the history in one reply, by format. */
const HISTORY_LINES: Partial<Record<Format, number>> = { csv: 100_000, sql: 100_000, 'zsh-histfile': 1_000_000 };
const HISTORY_DEFAULT = 10_000;

interface Gathered {
  readonly table: Table;
  /** Null for what has other columns than a name and a value. */
  readonly items: readonly Item[] | null;
  readonly history?: readonly HistoryLine[];
}

export class Exporter implements ExportService {
  private readonly gatherer: Gatherer;

  constructor(
    private readonly definitions: DefinitionService,
    private readonly clock: Clock,
    private readonly version: string,
    private readonly providers: Providers,
  ) {
    this.gatherer = new Gatherer(definitions);
  }

  async render(request: ExportRequest): Promise<Exported> {
    const format = FORMATS.find((each) => each === request.format);
    if (!format) throw new ZdError('bad_format', `"${request.format}" is none of ${FORMATS.join(', ')}.`, { path: '/format' });
    const shellId = this.gatherer.shell(request.shellId);
    if (shellId === null) {
      const known = this.definitions.shells().map((each) => each.shellId);
      throw new ZdError('bad_args', `/shell_id: there are definitions of ${known.join(', ')}; name one`, { path: '/shell_id' });
    }
    const selection = { shellId, sensitive: request.sensitive, signal: request.signal };
    if (request.target === 'all-state') return this.allState(request, format, selection);
    const target = findTarget(request.target);
    if (!target) throw unknown(request.target);
    const gathered = this.narrowed(target, await this.gather(target, format, request, selection), request);
    const made = { target: target.name, format, shellId, rows: gathered.table.rows.length, withheld: withheldOf(gathered) };
    return { ...made, body: this.body(target, gathered, format, request, selection) };
  }

  private body(target: Target, gathered: Gathered, format: Format, request: ExportRequest, { shellId }: Selection): string | Uint8Array {
    if (format === 'sh') {
      const text =
        gathered.items && script(target, gathered.items, dialectOf(request.dialect, shellId), request.additive || request.name !== undefined);
      if (text === null) throw unsupported(target.name, format);
      return text;
    }
    if (format === 'zsh-histfile') {
      if (!gathered.history) throw unsupported(target.name, format);
      return toHistfile(gathered.history);
    }
    return tableBody(gathered.table, format, this.when(), this.version);
  }

  /** Every section of a shell, as one script. */
  private async allState(request: ExportRequest, format: Format, selection: Selection): Promise<Exported> {
    if (format !== 'sh') throw new ZdError('format_unsupported_for_all_state', `all-state is shell text; "${format}" is not.`, { path: '/format' });
    if (request.name !== undefined || request.filter !== undefined || request.range !== undefined)
      throw new ZdError('bad_filter', 'all-state is everything: leave out name, filter and range.', { path: '/filter' });
    const dialect = dialectOf(request.dialect, selection.shellId);
    const note = dialect.name === 'fish' ? (text: string) => `# ${text}` : remark;
    const parts: string[] = [`${note(`zd: the state of ${selection.shellId}, ${this.when()}`)}\n`];
    let [rows, withheld] = [0, 0];
    for (const name of ALL_STATE) {
      const target = findTarget(name)!;
      const gathered = await this.gather(target, format, request, selection);
      // An empty list of a shell that was never recorded must not empty the list of the one that reads this.
      const text = gathered.items!.length === 0 ? null : script(target, gathered.items!, dialect, request.additive);
      parts.push(text === null ? `${note(`zd: no ${name}`)}\n` : text);
      rows += text === null ? 0 : gathered.items!.length;
      withheld += withheldOf(gathered);
    }
    return { target: 'all-state', format, shellId: selection.shellId, rows, withheld, body: parts.join('') };
  }

  private async gather(target: Target, format: Format, request: ExportRequest, selection: Selection): Promise<Gathered> {
    const { source } = target;
    const { signal } = selection;
    switch (source.from) {
      case 'kind':
        return ofItems(target, await this.gatherer.kind(source.kind, selection));
      case 'variable':
        return ofItems(target, this.gatherer.variable(source.name, selection));
      case 'association':
        return ofItems(target, await this.gatherer.association(target.name, source.kind, selection));
      case 'commands':
        return ofItems(target, await filesIn(await this.folders('path', selection), 'programs', signal));
      case 'autoloads': {
        const named = await this.gatherer.kind('function_autoload', selection);
        const found = await filesIn(await this.folders('fpath', selection), 'functions', signal);
        const names = new Set(found.map(({ key }) => key));
        return ofItems(target, [...found, ...named.filter(({ key }) => !names.has(key))]);
      }
      case 'plugins': {
        const plugins = await pluginsOf(this.definitions, selection.shellId, signal);
        return other(target, ['name', 'manager', 'source', 'definitions'], plugins);
      }
      case 'catalog': {
        const rows: Readonly<Record<string, string | number | null>>[] = [];
        for await (const record of this.definitions.read(request.shellId === undefined ? {} : { shellId: request.shellId }, signal)) {
          const { kind, name, shellId, file, line } = record;
          const value = this.gatherer.shown(record, selection.sensitive);
          rows.push({ kind, name, shell_id: shellId, value, file, line });
        }
        return other(target, ['kind', 'name', 'shell_id', 'value', 'file', 'line'], rows);
      }
      case 'daemon':
        return other(
          target,
          ['name', 'value'],
          Object.entries(request.daemon()).map(([name, value]) => ({ name, value })),
        );
      case 'shells':
        return { table: this.providers.shells(), items: null };
      case 'history': {
        const limit = request.filter === undefined ? (HISTORY_LINES[format] ?? HISTORY_DEFAULT) : HISTORY_DEFAULT;
        const history = await this.providers.history(limit, request.filter, sinceOf(request.range, this.clock.now()));
        return { ...other(target, ['ts_ns', 'exit_code', 'duration_ns', 'cwd', 'line'], history), history };
      }
    }
  }

  private async folders(kind: 'path' | 'fpath', selection: Selection): Promise<string[]> {
    return (await this.gatherer.kind(kind, selection)).flatMap(({ value }) => (value === null ? [] : [value]));
  }

  /** The rows a name or a pattern leaves. */
  private narrowed(target: Target, gathered: Gathered, { name, filter, range }: ExportRequest): Gathered {
    if (target.source.from === 'history') return gathered;
    if (range !== undefined) throw new ZdError('bad_filter', `A range is for what has times, and ${target.name} has none.`, { path: '/range' });
    if (name === undefined && filter === undefined) return gathered;
    if (!gathered.items)
      throw new ZdError('bad_filter', `${target.name} has no names to choose by.`, { path: name === undefined ? '/filter' : '/name' });
    const items = matching(gathered.items, name, filter);
    if (name !== undefined && items.length === 0)
      throw new ZdError(
        target.name === 'functions' ? 'no_function' : 'no_such_file',
        `There is no ${JSON.stringify(name.slice(0, 200))} among the ${target.name}.`,
      );
    if (name !== undefined && items.some(({ value }) => value === null))
      throw new ZdError('sensitive', `${JSON.stringify(name.slice(0, 200))} is sensitive.`);
    return ofItems(target, items);
  }

  private when = (): string => `${new Date(this.clock.now()).toISOString().slice(0, 19)}Z`;
}

const withheldOf = ({ items }: Gathered): number => (items ?? []).filter(({ value }) => value === null).length;

const ofItems = ({ name }: Target, items: readonly Item[]): Gathered => ({
  items,
  table: { target: name, columns: ['key', 'value'], rows: items.map(({ key, value }) => [key, value]) },
});

const other = <R extends object>({ name }: Target, columns: readonly (keyof R & string)[], rows: readonly R[]): Gathered => ({
  items: null,
  table: { target: name, columns, rows: rows.map((row) => columns.map((column) => row[column] as string | number | null)) },
});

const reason = (target: string): string =>
  Object.hasOwn(NOT_KEPT, target)
    ? `zd has no ${target}: ${NOT_KEPT[target]}.`
    : `There is nothing called ${JSON.stringify(target.slice(0, 100))} to export.`;

const unknown = (target: string): ZdError =>
  new ZdError('unknown_target', reason(target), {
    hint: `One of ${TARGET_NAMES.join(', ')}.`,
    path: '/target',
  });

const unsupported = (target: string, format: string): ZdError =>
  new ZdError('format_unsupported_for_target', `${target} cannot be written as ${format}.`, { path: '/format' });
