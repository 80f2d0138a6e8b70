import type { Change, End } from './model';
import type { Loss } from './service';

/** How many are remembered; the oldest are forgotten first. */
const KEPT = 1000;

const LOSSES: Partial<Record<End, Loss>> = { lease: 'expired', process: 'process_ended', break: 'broken' };

/** How grants ended that their holders did not end themselves, for when a holder comes with its token after all. */
export class Losses {
  private readonly byGrant = new Map<string, Loss>();

  note(name: string, { holder, how }: Extract<Change, { kind: 'ended' }>): void {
    const loss = LOSSES[how];
    if (!loss) return;
    this.byGrant.set(keyOf(name, holder.token), loss);
    if (this.byGrant.size > KEPT) this.byGrant.delete(this.byGrant.keys().next().value!);
  }

  of(name: string, token: string): Loss | null {
    return this.byGrant.get(keyOf(name, token)) ?? null;
  }
}

const keyOf = (name: string, token: string): string => `${name}\0${token}`;
