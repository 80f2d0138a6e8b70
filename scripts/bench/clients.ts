import { join } from 'node:path';
import { keep } from './children';
import type { LoadPlan, LoadResult } from './load';
import type { Heard, SubscribePlan } from './subscribers';

/** Beyond its own time: to start, to connect and to get its last replies. */
const PATIENCE_MS = 15_000;

/** Runs the load client in a process of its own. One that hangs is ended, and throws like one that fails. */
export async function load(plan: LoadPlan, patienceMs = PATIENCE_MS): Promise<LoadResult> {
  const timeout = plan.warmupMillis + plan.millis + patienceMs;
  const child = keep(
    Bun.spawn([process.execPath, join(import.meta.dir, 'load.ts'), JSON.stringify(plan)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout,
      killSignal: 'SIGKILL',
    }),
  );
  const said = await child.stdout.text();
  const code = await child.exited;
  const which = `${plan.protocol} ${plan.kind}, ${plan.connections} connections`;
  if (child.signalCode !== null) throw new Error(`the load client (${which}) hung and was ended after ${timeout} ms`);
  if (code !== 0) throw new Error(`the load client (${which}) failed`);
  return JSON.parse(said) as LoadResult;
}

/** The process that reads the streams; it says what it has heard when asked. */
export class Subscribers implements AsyncDisposable {
  private constructor(
    private readonly child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async open(plan: SubscribePlan): Promise<Subscribers> {
    const child = keep(
      Bun.spawn([process.execPath, join(import.meta.dir, 'subscribers.ts'), JSON.stringify(plan)], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const subscribers = new Subscribers(child, linesOf(child.stdout));
    if ((await subscribers.line()) !== 'ready') throw new Error('the subscribers did not connect');
    return subscribers;
  }

  async heard(): Promise<Heard> {
    this.child.stdin.write('tell\n');
    this.child.stdin.flush();
    return JSON.parse(await this.line()) as Heard;
  }

  private async line(): Promise<string> {
    // Ended, they say no more, which is what the line below is told.
    const hung = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    const { value, done } = await this.lines.next();
    clearTimeout(hung);
    if (done) throw new Error(this.child.killed ? `the subscribers said nothing for ${PATIENCE_MS} ms and were ended` : 'the subscribers ended');
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop()!;
    yield* parts;
  }
}
