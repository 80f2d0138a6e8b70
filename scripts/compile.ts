import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { failpointNames, withoutFailpoints } from './build/failpoints';
import { host, targets, type Target } from './build/targets';

/**
 * `bun run build`: one executable per platform in dist/.
 *   --single        dist/zd for this machine (the default)
 *   --all           dist/zd-<os>-<arch>[-musl] for every platform, with SHA256SUMS
 *   --failpoints    keeps the failpoints, for crash tests of the compiled program
 *   --outfile PATH  another name for the single executable
 */
const { values: flags } = parseArgs({
  options: {
    single: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    failpoints: { type: 'boolean', default: false },
    outfile: { type: 'string' },
  },
});
if (flags.all && (flags.single || flags.outfile)) throw new Error('--all goes with neither --single nor --outfile');

const root = join(import.meta.dir, '..');
const dist = join(root, 'dist');

/** The short hash of the commit, marked when the working tree differs from it; `unknown` outside a git checkout. */
function commitOf(): string {
  const git = (...args: string[]) => Bun.spawnSync(['git', '-C', root, ...args], { stderr: 'ignore' });
  try {
    const head = git('rev-parse', '--short=12', 'HEAD');
    if (!head.success) return 'unknown';
    return head.stdout.toString().trim() + (git('status', '--porcelain').stdout.length > 0 ? '-dirty' : '');
  } catch {
    return 'unknown';
  }
}

const commit = commitOf();

/** Builds in a folder of its own and renames, so a running dist/zd is replaced and never overwritten. */
async function build(target: Target, outfile: string): Promise<void> {
  const folder = mkdtempSync(join(dist, 'build-'));
  const unfinished = join(folder, 'zd');
  try {
    await bundle(target, unfinished);
    await checkFailpoints(unfinished);
    renameSync(unfinished, outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${basename(outfile)}  ${(statSync(outfile).size / 1e6).toFixed(1)} MB`);
}

async function bundle(target: Target, outfile: string): Promise<void> {
  const result = await Bun.build({
    // The second one is a thread of the program; it lies beside the chunks, as its name does in the source.
    entrypoints: [join(root, 'src/main.ts'), join(root, 'src/storage/blob_worker.ts')],
    naming: { entry: '[name].[ext]' },
    target: 'bun',
    // Bytecode alone would mean cjs, which has no top-level await.
    format: 'esm',
    bytecode: true,
    minify: true,
    // One chunk per dynamic import: a client's command loads a few kilobytes instead of the whole daemon, which halves its time.
    splitting: true,
    // Embedded and compressed: a stack trace in a user's log names our files and lines. It is read only when an error is printed.
    sourcemap: 'linked',
    define: {
      'process.env.NODE_ENV': '"production"',
      ZD_COMMIT: JSON.stringify(commit),
      ZD_FAILPOINTS_ENABLED: String(flags.failpoints),
    },
    plugins: flags.failpoints ? [] : [withoutFailpoints],
    compile: {
      target: target.bun,
      outfile,
      // A `.env` or `bunfig.toml` in the folder zd is called from is none of its business.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  if (!result.success) throw new AggregateError(result.logs, `the build for ${target.name} failed`);
}

/** A release must not carry a way to make itself die. */
async function checkFailpoints(outfile: string): Promise<void> {
  if (flags.failpoints) return;
  const binary = Buffer.from(await Bun.file(outfile).arrayBuffer());
  const found = failpointNames(join(root, 'src')).filter((name) => binary.includes(name));
  if (found.length > 0) throw new Error(`${outfile} still holds the failpoints ${found.join(', ')}`);
}

/** The produced program must run and say the version it was built from. */
async function smoke(outfile: string): Promise<void> {
  const { version } = await Bun.file(join(root, 'package.json')).json();
  const ran = Bun.spawnSync([outfile, 'version'], { cwd: dist, env: { PATH: process.env.PATH, HOME: dist } });
  const said = ran.stdout.toString().trim();
  if (!ran.success || !said.includes(version)) throw new Error(`${outfile} version: exit ${ran.exitCode}, "${said}" ${ran.stderr}`);
  console.log(`${basename(outfile)} version: ${said.replaceAll('\n', ' ')}`);
}

async function sums(files: readonly string[]): Promise<void> {
  const lines = [];
  for (const file of files) {
    const hash = new Bun.CryptoHasher('sha256');
    for await (const chunk of Bun.file(file).stream()) hash.update(chunk);
    lines.push(`${hash.digest('hex')}  ${basename(file)}`);
  }
  await Bun.write(join(dist, 'SHA256SUMS'), `${lines.join('\n')}\n`);
}

mkdirSync(dist, { recursive: true });
if (flags.all) {
  const files = targets.map((target) => join(dist, `zd-${target.name}`));
  rmSync(join(dist, 'SHA256SUMS'), { force: true });
  for (const [at, target] of targets.entries()) await build(target, files[at]!);
  await sums(files);
  await smoke(join(dist, `zd-${host().name}`));
} else {
  const outfile = flags.outfile ?? join(dist, 'zd');
  await build(host(), outfile);
  await smoke(outfile);
}
