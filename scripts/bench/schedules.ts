import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { call } from './call';
import type { Bench } from './context';
import { startZd } from './servers';
import { quantile } from './statistics';

const SCHEDULES = 5;

/** How late the commands of schedules that are due every second run, by their own clock: the time to start them counts. */
export async function firing({ binary, found }: Bench, seconds: number): Promise<void> {
  const date = Bun.which('date');
  if (!date || process.platform !== 'linux') return void found.skipped.push('firing of schedules: there is no date(1) that tells nanoseconds');
  await using zd = await startZd(binary);
  const file = join(zd.home, 'fired');
  for (let at = 0; at < SCHEDULES; at++)
    await call(zd, 'schedule_add', { cron_expr: '* * * * * *', command: ['sh', '-c', `date +%N >> ${file}`], cwd: zd.home });
  await Bun.sleep(seconds * 1000);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  if (lines.length < (seconds - 2) * SCHEDULES) throw new Error(`schedules fired ${lines.length} times in ${seconds} seconds`);
  const late = lines.map((line) => Number(line) / 1e6).toSorted((a, b) => a - b);
  const p99 = quantile(late, 0.99);
  found.rows.push({
    section: 'Jobs',
    name: `firing of ${SCHEDULES} schedules every second`,
    value: `${p99.toFixed(1)} ms`,
    number: p99,
    detail: `late at p99 until the command has run; p50 ${quantile(late, 0.5).toFixed(1)} ms`,
  });
  found.bars.push({ name: 'firing error of schedules, p99', measured: p99, limit: 50, sense: 'at most', unit: ' ms' });
}
