import { fstatSync, statSync } from 'node:fs';
import type { Reply } from '../client/client';
import type { Env } from '../daemon/paths';
import type { CliHints } from '../kernel/op';
import type { Globals } from './command';
import { tsvField } from './format';
import type { TableStyle } from './table';
import { writeAll } from './write';

type Record_ = Readonly<Record<string, unknown>>;

/**
 * What a command prints. Results go to stdout: a table or fields on a terminal, the essential value on a pipe, exactly the API's reply
 * with `--json`, ids only with `-q`. Everything else (hints, progress, warnings) goes to stderr.
 */
export class Output {
  readonly terminal: boolean;

  constructor(
    private readonly globals: Pick<Globals, 'json' | 'quiet'>,
    private readonly env: Env,
  ) {
    this.terminal = isTerminal();
  }

  text(text: string): void {
    writeAll(1, text);
  }

  line(text: string): void {
    writeAll(1, `${text}\n`);
  }

  /** A remark on stderr; `-q` leaves it out. */
  note(text: string): void {
    if (!this.globals.quiet) writeAll(2, `${text}\n`);
  }

  /** The reply of an operation. */
  async reply({ text, value }: Reply, hints: Pick<CliHints, 'essential' | 'table'> | undefined): Promise<void> {
    if (this.globals.json) return this.line(text);
    const { ok: _, ...result } = value;
    const essential = hints?.essential;
    if (essential === null) return;
    if (hints?.table && this.terminal && !this.globals.quiet) return this.rows(result, hints.table);
    if (essential !== undefined) return this.essential(result[essential], result[`${essential}_base64`]);
    if (hints?.table) return this.tsv(result, hints.table, this.globals.quiet);
    if (this.globals.quiet) return;
    if (this.terminal) return this.fields(result);
    this.line(text);
  }

  /** The same for what a command made itself: `essential` and `columns` as in an operation's hints. */
  result(value: Record_, hints?: Pick<CliHints, 'essential' | 'table'>): Promise<void> {
    return this.reply({ text: JSON.stringify({ ok: true, ...value }), value }, hints);
  }

  async fields(record: Record_): Promise<void> {
    const { fields } = await import('./table');
    this.text(fields(record, await this.style()));
  }

  /** Text with the given colours on a terminal that wants them. */
  async paint(): Promise<(color: 'bold' | 'red' | 'green' | 'yellow' | 'cyan' | 'gray', text: string) => string> {
    if (!this.colored()) return (_, text) => text;
    const { colors } = await import('consola/utils');
    return (color, text) => colors[color](text);
  }

  /** https://no-color.org: any value but the empty one turns colours off. */
  colored(): boolean {
    return this.terminal && !this.env.NO_COLOR && this.env.TERM !== 'dumb';
  }

  /** Bytes that JSON cannot hold come beside the value, in base64; a terminal is spared them. */
  private essential(value: unknown, base64: unknown): void {
    if (typeof base64 === 'string') {
      const bytes = Uint8Array.fromBase64(base64);
      if (this.terminal) return this.note(`(${bytes.length} bytes that are not text; send them to a file or a pipe)`);
      return writeAll(1, bytes);
    }
    if (value === undefined) return;
    if (Array.isArray(value)) this.text(value.map((item) => `${plain(item)}\n`).join(''));
    else if (typeof value === 'object' && this.terminal) this.line(JSON.stringify(value, null, 2));
    else this.line(plain(value));
  }

  private async rows(result: Record_, hints: NonNullable<CliHints['table']>): Promise<void> {
    const { rows, columns } = rowsOf(result, hints);
    if (rows.length === 0) return this.note('(none)');
    const { forPerson, table } = await import('./table');
    const shown = forPerson(rows, columns, hints, Date.now());
    this.text(table(shown.rows, shown.columns, await this.style()));
  }

  private tsv(result: Record_, hints: NonNullable<CliHints['table']>, firstOnly: boolean): void {
    const { rows, columns } = rowsOf(result, hints);
    const shown = firstOnly ? columns.slice(0, 1) : columns;
    this.text(rows.map((row) => `${shown.map((column) => tsvField(row[column])).join('\t')}\n`).join(''));
  }

  private async style(): Promise<TableStyle> {
    const paint = await this.paint();
    return { width: this.terminal ? process.stdout.columns || 80 : Infinity, head: (text) => paint('bold', text) };
  }
}

/** Asks the system before it asks Bun: `process.stdout` and node:tty cost two milliseconds, which a pipe need not pay. */
function isTerminal(): boolean {
  try {
    const out = fstatSync(1);
    return out.isCharacterDevice() && out.rdev !== statSync('/dev/null').rdev && process.stdout.isTTY;
  } catch {
    return false;
  }
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function rowsOf(result: Record_, { rows: field, columns }: NonNullable<CliHints['table']>): { rows: Record_[]; columns: readonly string[] } {
  const found = result[field];
  const items = Array.isArray(found)
    ? found
    : typeof found === 'object' && found !== null
      ? Object.entries(found).map(([key, value]) => ({ key, value }))
      : [];
  const rows = items.map((item): Record_ =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? (item as Record_) : { [columns?.[0] ?? field]: item },
  );
  return { rows, columns: columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))] };
}
