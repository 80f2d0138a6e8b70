import type { Database, SQLQueryBindings, Statement as Compiled } from 'bun:sqlite';

type Bindings = SQLQueryBindings[];

/**
 * A prepared statement that lives as long as its database. SQLite compiles it at its first use: a daemon has hundreds of them, most starts
 * need few, and whoever waits for the start would pay for all. Throws then what SQLite says of the SQL.
 */
export class Statement<Row = unknown> {
  private made: Compiled<Row, Bindings> | undefined;

  constructor(
    private readonly database: Database,
    private readonly sql: string,
  ) {}

  private get compiled(): Compiled<Row, Bindings> {
    return (this.made ??= this.database.prepare<Row, Bindings>(this.sql));
  }

  get(...bindings: Bindings): Row | null {
    return this.compiled.get(...bindings);
  }

  all(...bindings: Bindings): Row[] {
    return this.compiled.all(...bindings);
  }

  values(...bindings: Bindings): ReturnType<Compiled['values']> {
    return this.compiled.values(...bindings);
  }

  iterate(...bindings: Bindings): IterableIterator<Row> {
    return this.compiled.iterate(...bindings);
  }

  run(...bindings: Bindings): ReturnType<Compiled['run']> {
    return this.compiled.run(...bindings);
  }

  /** SQLite keeps a file open, and locked, as long as one statement lives. */
  finalize(): void {
    this.made?.finalize();
  }
}
