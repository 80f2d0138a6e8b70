import { millis } from '../kernel/clock';
import { duration, printable } from './format';
import type { Choice, Picker } from './picker';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

const ESC = '\u001b[';
const AGE = 7;
const LABELS = { everywhere: 'everywhere', folder: 'this folder', session: 'this session' } as const;
const MODE_LABELS = { fuzzy: 'fuzzy', like: 'part', prefix: 'beginning', match: 'words' } as const;

/** Rows for choices: all but the line with the settings and the prompt. */
export const choiceRows = ({ rows }: Pick<Screen, 'rows'>): number => Math.max(1, rows - 2);

/** The whole screen: choices from the bottom up, the best next to the prompt, and the caret where it is. */
export function draw(picker: Picker, screen: Screen, now: number): string {
  const visible = choiceRows(screen);
  const first = Math.max(0, picker.selected - visible + 1);
  const shown = picker.choices.slice(first, first + visible);
  const lines = shown.map((choice, at) => choiceLine(choice, first + at === picker.selected, screen, now)).toReversed();
  const blank = Array.from({ length: visible - lines.length }, () => '');
  const { text, column } = promptLine(picker, screen);
  const all = [...blank, ...lines, statusLine(picker, screen), text];
  const body = all.map((line, at) => `${ESC}${at + 1};1H${line}${ESC}K`).join('');
  return `${ESC}?25l${body}${ESC}${all.length};${column}H${ESC}?25h`;
}

const paint = (on: boolean, code: string, text: string): string => (on && text !== '' ? `${ESC}${code}m${text}${ESC}0m` : text);

function choiceLine({ line, ts_ns: ts, exit_code: code, positions }: Choice, selected: boolean, { columns, color }: Screen, now: number): string {
  const failed = code !== null && code !== 0;
  const age = shortAge(now - millis(ts)).padStart(AGE - 1);
  const marks = new Set(positions ?? []);
  const room = columns - AGE - 3;
  let text = '';
  let used = 0;
  let marked = false;
  for (let at = 0; at < line.length;) {
    const char = String.fromCodePoint(line.codePointAt(at)!);
    const shown = printable(char);
    used += Bun.stringWidth(shown);
    if (used > room) {
      text += '…';
      break;
    }
    const mark = color && marks.has(at);
    if (mark !== marked) text += mark ? `${ESC}1;33m` : `${ESC}22;39m`;
    marked = mark;
    text += shown;
    at += char.length;
  }
  const head = `${selected ? '>' : ' '}${paint(color, failed ? '31' : '90', `${age}${failed ? '!' : ' '}`)} `;
  return `${head}${selected && color ? `${ESC}7m${text.replaceAll(`${ESC}22;39m`, `${ESC}22;39;7m`)}${ESC}0m` : `${text}${marked ? `${ESC}0m` : ''}`}`;
}

const shortAge = (ms: number): string => (ms < 1000 ? 'now' : duration(ms).split(' ')[0]!);

function statusLine({ choices, selected, mode, place, places, searching }: Picker, { columns, color }: Screen): string {
  const place_ = places.length > 1 ? `  ^R ${LABELS[place]}` : '';
  const text = `  ${choices.length === 0 ? 0 : selected + 1}/${choices.length}${searching ? '…' : ''}${place_}  ^S ${MODE_LABELS[mode]}`;
  return paint(color, '90', text.slice(0, columns));
}

/** The prompt, cut on the left so that the caret is seen, and the caret's column. */
function promptLine({ text, caret }: Picker, { columns }: Screen): { text: string; column: number } {
  const room = Math.max(1, columns - 3);
  let from = 0;
  while (Bun.stringWidth(printable(text.slice(from, caret))) > room) from++;
  let shown = printable(text.slice(from));
  while (Bun.stringWidth(shown) > room) shown = shown.slice(0, -1);
  return { text: `> ${shown}`, column: 3 + Bun.stringWidth(printable(text.slice(from, caret))) };
}
