import type { Key } from './keys';

/** One command that may be chosen. */
export interface Choice {
  readonly line: string;
  readonly ts_ns: number;
  readonly exit_code: number | null;
  readonly positions: readonly number[] | null;
}

/** Where is looked, and how. */
export const MODES = ['fuzzy', 'like', 'prefix', 'match'] as const;
export type Mode = (typeof MODES)[number];
export type Place = 'everywhere' | 'folder' | 'session';

/** What is on the screen; the first choice is the best one. */
export interface Picker {
  readonly text: string;
  /** In the text, as UTF-16 units. */
  readonly caret: number;
  readonly choices: readonly Choice[];
  readonly selected: number;
  readonly mode: Mode;
  readonly place: Place;
  readonly places: readonly Place[];
  /** The search is not finished. */
  readonly searching: boolean;
}

export type Outcome = { readonly done: 'chosen'; readonly line: string } | { readonly done: 'left' };

export const newPicker = (text: string, mode: Mode, places: readonly Place[]): Picker => ({
  ...{ text, caret: text.length, choices: [], selected: 0 },
  ...{ mode, place: places[0]!, places, searching: true },
});

const segmenter = new Intl.Segmenter();

/** Where the character before or behind a place begins or ends. */
function before(text: string, at: number): number {
  return [...segmenter.segment(text.slice(0, at))].at(-1)?.index ?? 0;
}
function behind(text: string, at: number): number {
  const [first] = segmenter.segment(text.slice(at));
  return at + (first?.segment.length ?? 0);
}

const replaced = (picker: Picker, from: number, to: number, text = ''): Picker => ({
  ...picker,
  text: picker.text.slice(0, from) + text + picker.text.slice(to),
  caret: from + text.length,
  selected: 0,
});

const moved = (picker: Picker, by: number): Picker => ({
  ...picker,
  selected: Math.max(0, Math.min(picker.choices.length - 1, picker.selected + by)),
});

const next = <T>(all: readonly T[], current: T): T => all[(all.indexOf(current) + 1) % all.length]!;

/** What a key makes of it; `page` is how many choices are seen at once. */
export function press(picker: Picker, key: Key, page: number): Picker | Outcome {
  const { text, caret } = picker;
  if ('text' in key) return replaced(picker, caret, caret, key.text);
  switch (key.name) {
    case 'enter': {
      const choice = picker.choices[picker.selected];
      return choice ? { done: 'chosen', line: choice.line } : { done: 'left' };
    }
    case 'escape':
    case 'interrupt':
      return { done: 'left' };
    case 'eof':
      return text === '' ? { done: 'left' } : replaced(picker, caret, behind(text, caret));
    case 'backspace':
      return replaced(picker, before(text, caret), caret);
    case 'delete':
      return replaced(picker, caret, behind(text, caret));
    case 'delete-word':
      return replaced(picker, text.slice(0, caret).search(/\S+\s*$/) === -1 ? 0 : text.slice(0, caret).search(/\S+\s*$/), caret);
    case 'delete-to-start':
      return replaced(picker, 0, caret);
    case 'delete-to-end':
      return { ...replaced(picker, caret, text.length), caret };
    case 'left':
      return { ...picker, caret: before(text, caret) };
    case 'right':
      return { ...picker, caret: behind(text, caret) };
    case 'start':
      return { ...picker, caret: 0 };
    case 'end':
      return { ...picker, caret: text.length };
    case 'up':
      return moved(picker, 1);
    case 'down':
      return moved(picker, -1);
    case 'page-up':
      return moved(picker, page);
    case 'page-down':
      return moved(picker, -page);
    case 'cycle-filter':
      return { ...picker, place: next(picker.places, picker.place), selected: 0 };
    case 'cycle-mode':
      return { ...picker, mode: next(MODES, picker.mode), selected: 0 };
  }
}

/** Whether these two look for the same. */
export const sameSearch = (a: Picker, b: Picker): boolean => a.text === b.text && a.mode === b.mode && a.place === b.place;
