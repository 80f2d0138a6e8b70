/** One line of the report. */
export interface Row {
  readonly section: string;
  readonly name: string;
  readonly value: string;
  /** The number behind `value`, for --json. */
  readonly number?: number;
  readonly detail?: string;
}

export interface Bar {
  readonly name: string;
  readonly measured: number;
  readonly limit: number;
  readonly sense: 'at least' | 'at most';
  readonly unit: string;
}

export interface Findings {
  readonly rows: Row[];
  readonly bars: Bar[];
  /** What was left out, with the reason. */
  readonly skipped: string[];
  /** What did not come to its end, with the reason. */
  readonly failed: string[];
}

export const passes = (bar: Bar): boolean => (bar.sense === 'at least' ? bar.measured >= bar.limit : bar.measured <= bar.limit);

const round = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value >= 100 ? value.toFixed(0) : value.toFixed(2);

export const perSecond = (value: number): string => `${round(value)}/s`;
export const times = (value: number): string => `${value.toFixed(2)}×`;
export const micros = (value: number): string => (value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(0)} µs`);

export function print({ rows, bars, skipped, failed }: Findings): void {
  for (const section of new Set(rows.map((row) => row.section))) {
    console.log(`\n${section}`);
    const own = rows.filter((row) => row.section === section);
    const wide = Math.max(...own.map((row) => row.name.length));
    for (const row of own) console.log(`  ${row.name.padEnd(wide)}  ${row.value.padStart(14)}  ${row.detail ?? ''}`.trimEnd());
  }
  for (const reason of skipped) console.log(`\nskipped: ${reason}`);
  for (const reason of failed) console.log(`\nFAILED: ${reason}`);
  if (bars.length > 0) console.log('\nBars');
  for (const bar of bars)
    console.log(`  ${passes(bar) ? 'PASS' : 'FAIL'}  ${bar.name}: ${round(bar.measured)}${bar.unit} (${bar.sense} ${round(bar.limit)}${bar.unit})`);
}
