/**
 * Named places where a test can make the daemon die or fail: `ZD_FAILPOINTS=storage.before_commit=kill`, several
 * separated by commas, actions `kill` (SIGKILL), `throw`, `full` (as a full disk fails), and `@N` to act on the Nth pass only (`…=kill@3`),
 * `@+N` on the Nth after the daemon is ready: what its start writes is not counted.
 * In a release build `ZD_FAILPOINTS_ENABLED` is false and the body compiles to nothing.
 */
declare const ZD_FAILPOINTS_ENABLED: boolean | undefined;
const enabled = typeof ZD_FAILPOINTS_ENABLED === 'undefined' ? true : ZD_FAILPOINTS_ENABLED;

interface Plan {
  action: 'kill' | 'throw' | 'full';
  countdown: number;
  /** Not counted before the daemon is ready. */
  waits: boolean;
}

function parse(text: string): Map<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const part of text.split(',').filter(Boolean)) {
    const match = /^([a-z_.]+)=(kill|throw|full)(?:@(\+)?(\d+))?$/.exec(part);
    if (!match) throw new Error(`ZD_FAILPOINTS: cannot read "${part}"`);
    plans.set(match[1]!, { action: match[2] as Plan['action'], countdown: Number(match[4] ?? 1), waits: match[3] !== undefined });
  }
  return plans;
}

const plans = enabled ? parse(process.env.ZD_FAILPOINTS ?? '') : new Map<string, Plan>();

/** Whether any is set; what it costs to reach one properly may depend on it. */
export const failpointsSet = (): boolean => enabled && plans.size > 0;

let ready = false;

/** The daemon is ready. */
export function armFailpoints(): void {
  ready = true;
}

/** `when` is false for a pass that does not count. */
export function failpoint(name: string, when = true): void {
  if (!enabled || !when || plans.size === 0) return;
  const plan = plans.get(name);
  if (!plan || (plan.waits && !ready) || --plan.countdown !== 0) return;
  if (plan.action === 'throw') throw new Error(`failpoint ${name}`);
  if (plan.action === 'full') throw Object.assign(new Error(`failpoint ${name}`), { code: 'ENOSPC' });
  process.kill(process.pid, 'SIGKILL');
}
