import { join } from 'node:path';
import type { LoadPlan, LoadResult } from './load';
import type { Heard, SubscribePlan } from './subscribers';

/** Runs the load client in a process of its own. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'load.ts'), JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`the load client failed (${plan.protocol} ${plan.kind} × ${plan.connections})`);
  return JSON.parse(said) as LoadResult;
}

/** The process that reads the streams; it says what it has heard when asked. */
export class Subscribers implements AsyncDisposable {
  private constructor(
    private readonly child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>,
    private readonly lines: AsyncIterator<string>,
  ) {}

  static async open(plan: SubscribePlan): Promise<Subscribers> {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'subscribers.ts'), JSON.stringify(plan)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
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
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the subscribers ended');
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
