import { existsSync, readFileSync } from 'node:fs';
import { areas } from '../src/areas/index';

/**
 * After the suite: every operation, stream and route must have answered at least once, and every error code it declares must have been produced.
 * Each daemon under test appends `name<TAB>code` per finished call to the file named by `ZD_OP_TRACE`; this reads it.
 */
export function ledger(trace: string): string[] {
  const seen = new Set(trace.split('\n'));
  const problems: string[] = [];
  for (const item of areas.flatMap((area) => [...area.ops, ...(area.streams ?? []), ...(area.routes ?? [])])) {
    if (!seen.has(`${item.name}\tok`)) problems.push(`${item.name}: never answered a call`);
    for (const code of item.errors) {
      if (!seen.has(`${item.name}\t${code}`)) problems.push(`${item.name}: declares ${code} and no test produces it`);
    }
  }
  return problems;
}

if (import.meta.main) {
  const file = process.env.ZD_OP_TRACE;
  if (!file || !existsSync(file)) throw new Error('ZD_OP_TRACE names no file: no daemon under test noted a call');
  const problems = ledger(readFileSync(file, 'utf8'));
  for (const problem of problems) console.error(`ledger: ${problem}`);
  console.log(problems.length === 0 ? 'ledger: every operation was called and every declared error produced' : `ledger: ${problems.length} gaps`);
  process.exit(problems.length === 0 ? 0 : 1);
}
