import { EXIT } from '../../kernel/code_info';
import { command, UsageError, type Invocation } from '../command';
import { writeAll } from '../write';
import { keep, lastRun, rememberLast, replay, type Replay } from './cached_entry';
import { reasons } from './cached_explain';
import { keyOf, marksOf, type Keyed, type Request } from './cached_key';
import { run } from './cached_run';

/** How long the store may take to begin an answer before the command runs without it. */
const PATIENCE_MS = 5000;

export const cached = command({
  name: 'cached',
  summary: 'Run a command once for the same inputs, and replay its output and files from then on',
  args: {
    input: { type: 'string', alias: 'i', many: true, valueHint: 'file…', suggest: 'files', description: 'A file or folder it reads' },
    env: { type: 'string', alias: 'e', many: true, valueHint: 'name…', description: 'An environment variable it reads' },
    output: { type: 'string', alias: 'o', many: true, valueHint: 'file…', suggest: 'files', description: 'A file it makes' },
    explain: { type: 'boolean', description: 'Say on stderr whether it was replayed, or why not' },
    command: { type: 'positional', many: true, required: false, suggest: 'commands', description: 'The command, after --' },
  },
  run: async ({ input, env, output, explain, command: words }, invocation) => {
    const argv = (words ?? []) as string[];
    if (argv.length === 0) throw new UsageError('missing the command', 'For example: zd cached -i main.c -o main.o -- cc -c main.c');
    const list = (given: unknown) => (given ?? []) as string[];
    const request = { argv, inputs: list(input), env: list(env), outputs: list(output) };
    return new CachedRun(request, invocation, explain === true).go();
  },
});

/** One run. Whatever is wrong with the store, the command runs and its code is ours; the store is only ever a reason to warn. */
class CachedRun {
  private usable = true;

  constructor(
    private readonly request: Request,
    private readonly invocation: Invocation,
    private readonly explain: boolean,
  ) {}

  async go(): Promise<number> {
    const keyed = await this.attempt(async () => keyOf(this.request, this.invocation.env, process.cwd()));
    const { globals } = this.invocation;
    const hit = keyed && (await this.attempt(() => replay(this.invocation.client(), keyed.key, globals.timeoutMs ?? PATIENCE_MS)));
    if (hit) return this.show(hit);
    if (keyed) await this.tellWhy(keyed);
    const started = Date.now();
    const ran = await run(this.request.argv, this.invocation.env);
    if (keyed && this.usable) await this.attempt(() => this.store(keyed, ran, started));
    return ran.code;
  }

  private show(hit: Replay): number {
    if (this.explain) this.say(`replayed from ${new Date(hit.at).toISOString()}; that run took ${hit.millis} ms`);
    writeAll(2, hit.stderr);
    writeAll(1, hit.stdout);
    return EXIT.ok;
  }

  private async tellWhy(keyed: Keyed): Promise<void> {
    if (!this.explain || !this.usable) return;
    const last = await this.attempt(() => lastRun(this.invocation.client(), keyed.task));
    if (this.usable) for (const reason of reasons(keyed, last)) this.say(`run: ${reason}`);
  }

  private async store(keyed: Keyed, ran: Parameters<typeof keep>[2], started: number): Promise<void> {
    const client = this.invocation.client();
    if (ran.code === 0) {
      const changed = marksOf(this.request.inputs) !== keyed.marks;
      const fault = changed ? 'an input changed while it ran' : await keep(client, keyed, ran, started);
      if (fault !== null) this.say(`not kept: ${fault}`);
    }
    await rememberLast(client, keyed, ran.code);
  }

  /** The work's value; null, after a warning, when it fails. */
  private async attempt<T>(work: () => Promise<T>): Promise<T | null> {
    if (!this.usable) return null;
    try {
      return await work();
    } catch (error) {
      this.usable = false;
      this.say(`not using the cache: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  private say(text: string): void {
    writeAll(2, `zd cached: ${text}\n`);
  }
}
