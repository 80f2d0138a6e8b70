import { KeyReader } from './keys';
import { newPicker, press, sameSearch, type Choice, type Mode, type Picker, type Place } from './picker';
import { choiceRows, draw } from './picker_screen';
import type { Terminal } from './terminal';

/** First what is found soon, then all of it. */
const FIRST_MS = 15;
const ALL_MS = 2000;

export type Search = (picker: Picker, budgetMs: number, signal: AbortSignal) => Promise<{ choices: readonly Choice[]; complete: boolean }>;

export interface PickOptions {
  readonly text: string;
  readonly mode: Mode;
  readonly places: readonly Place[];
  readonly color: boolean;
  readonly search: Search;
  readonly signal: AbortSignal;
}

/** Lets somebody choose on the terminal: the line, or null when they leave it. Throws what the first search throws. */
export function pick(terminal: Terminal, { text, mode, places, color, search, signal }: PickOptions): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  const keys = new KeyReader();
  let picker = newPicker(text, mode, places);
  let under = new AbortController();
  /** What the choices on the screen were found for. */
  let found: Picker | null = null;
  /** Enter came before the choices it was meant for. */
  let hurried = false;
  const show = () => terminal.write(draw(picker, { ...terminal.size, color }, Date.now()));
  const look = async () => {
    under.abort();
    const current = (under = new AbortController());
    const wanted = picker;
    try {
      for (const budgetMs of [FIRST_MS, ALL_MS]) {
        const { choices, complete } = await search(wanted, budgetMs, current.signal);
        if (current.signal.aborted) return;
        found = wanted;
        picker = { ...picker, choices, selected: Math.min(picker.selected, Math.max(0, choices.length - 1)), searching: !complete };
        if (hurried && (complete || budgetMs === ALL_MS)) return resolve(picker.choices[picker.selected]?.line ?? null);
        show();
        if (complete) return;
      }
    } catch (error) {
      if (!current.signal.aborted && !found) reject(error as Error);
    }
  };
  terminal.onBytes(
    (bytes) => {
      const earlier = picker;
      for (const key of keys.read(bytes)) {
        hurried = 'name' in key && key.name === 'enter' && (found === null || !sameSearch(found, picker));
        if (hurried) break;
        const after = press(picker, key, choiceRows(terminal.size));
        if ('done' in after) return resolve(after.done === 'chosen' ? after.line : null);
        picker = after;
      }
      if (!sameSearch(earlier, picker)) {
        picker = { ...picker, searching: true };
        void look();
      }
      if (!hurried) show();
    },
    () => resolve(null),
  );
  signal.addEventListener('abort', () => resolve(null), { once: true });
  process.on('SIGWINCH', show);
  show();
  void look();
  return promise.finally(() => {
    under.abort();
    process.off('SIGWINCH', show);
  });
}
