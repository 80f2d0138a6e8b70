import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { install, step } from './setup';

/**
 * `bun run test [--bin [PATH]] [FILES or bun test flags]`: types and format, then the suite, then the ledger of operations. Without
 * --bin it tests the source; with it (or with ZD_BIN) the compiled program, dist/zd unless a path follows. The last line is `N passed, N failed`:
 * the tests, plus one for the check and one for the ledger.
 */
install();
const root = join(import.meta.dir, '..');
const args = process.argv.slice(2);
const env: Record<string, string | undefined> = { ...process.env };
const at = args.indexOf('--bin');
if (at !== -1) {
  const named = args[at + 1] !== undefined && !args[at + 1]!.startsWith('-') && !args[at + 1]!.includes('.test.');
  env.ZD_BIN = resolve(named ? args[at + 1]! : join(root, 'dist/zd'));
  args.splice(at, named ? 2 : 1);
}
if (env.ZD_BIN && !(await Bun.file(env.ZD_BIN).exists())) throw new Error(`${env.ZD_BIN} is not there: run \`bun run build\` first`);

/** Only a whole run can say that an operation is never tested. */
const whole = args.length === 0;
let passed = 0;
let failed = 0;
/** What each failed test said, told again at the end: a log of thousands of lines is read from there. */
const failures: string[] = [];
const count = (good: boolean) => (good ? passed++ : failed++);

if (whole) count(step(['check', '--no-script']) && step(['fmt', '--no-script', '--check']));

const folder = mkdtempSync(join(tmpdir(), 'zd-test-'));
env.ZD_OP_TRACE = join(folder, 'trace');
try {
  const suite = await runSuite(env);
  passed += suite.passed;
  failed += suite.failed;
  if (whole) count(step(['test/ledger.ts'], env));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`\n== failed\n${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Files run in parallel workers, each with fresh globals. The time limit is given here because bunfig.toml cannot. */
async function runSuite(environment: Record<string, string | undefined>): Promise<{ passed: number; failed: number }> {
  const workers = Math.max(2, Math.min(8, navigator.hardwareConcurrency));
  const child = Bun.spawn([process.execPath, 'test', '--timeout=120000', `--parallel=${workers}`, '--no-orphans', ...args], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk);
    said += decoder.decode(chunk, { stream: true });
  }
  const code = await child.exited;
  said = Bun.stripANSI(said);
  // A test's own output stands between the line of the test before it and its own.
  for (const [text] of said.matchAll(/(?:^(?!\((?:pass|fail|skip|todo)\)).*\n)*^\(fail\).*$/gm)) failures.push(text.trim().slice(-4_000));
  const summary = (word: string) => Number([...said.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))].at(-1)?.[1] ?? 0);
  const counted = summary('fail') + summary('error') + summary('errors');
  // A run that ends badly without naming a failed test (a crash, a file that does not load) still counts as one.
  return { passed: summary('pass'), failed: Math.max(counted, code === 0 ? 0 : 1) };
}
