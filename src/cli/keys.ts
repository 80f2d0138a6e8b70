/** A key, or text that was typed or pasted. */
export type Key = { readonly text: string } | { readonly name: KeyName };
export type KeyName =
  | 'enter'
  | 'escape'
  | 'interrupt'
  | 'eof'
  | 'backspace'
  | 'delete'
  | 'delete-word'
  | 'delete-to-start'
  | 'delete-to-end'
  | 'left'
  | 'right'
  | 'start'
  | 'end'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'cycle-filter'
  | 'cycle-mode';

/** Control characters, and what terminals send for the other keys (xterm, ECMA-48). */
const NAMED: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'enter',
  '\u0003': 'interrupt',
  '\u0007': 'interrupt',
  '\u0004': 'eof',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0017': 'delete-word',
  '\u0015': 'delete-to-start',
  '\u000b': 'delete-to-end',
  '\u0001': 'start',
  '\u0005': 'end',
  '\u0002': 'left',
  '\u0006': 'right',
  '\u0010': 'up',
  '\u000e': 'down',
  '\u0012': 'cycle-filter',
  '\u0013': 'cycle-mode',
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001bOC': 'right',
  '\u001bOD': 'left',
  '\u001b[H': 'start',
  '\u001b[F': 'end',
  '\u001bOH': 'start',
  '\u001bOF': 'end',
  '\u001b[1~': 'start',
  '\u001b[4~': 'end',
  '\u001b[3~': 'delete',
  '\u001b[5~': 'page-up',
  '\u001b[6~': 'page-down',
};

// oxlint-disable-next-line no-control-regex
const PIECE = /\u001b(?:\[[0-9;]*[ -/]*[@-~]|O[@-~])?|[\u0000-\u001f\u007f]|[^\u0000-\u001f\u007f]+/g;
const PASTE_BEGINS = '\u001b[200~';
const PASTE_ENDS = '\u001b[201~';

/** Cuts what a terminal sent into keys. What came between the marks of a paste is text, whatever it holds. */
export class KeyReader {
  private readonly decoder = new TextDecoder();
  private pasting = false;

  read(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    for (const [piece] of this.decoder.decode(bytes, { stream: true }).matchAll(PIECE)) {
      if (piece === PASTE_BEGINS || piece === PASTE_ENDS) this.pasting = piece === PASTE_BEGINS;
      else if (this.pasting) keys.push({ text: piece.replace(/[\r\n\t]/g, ' ') });
      else if (piece === '\u001b') keys.push({ name: 'escape' });
      else if (Object.hasOwn(NAMED, piece)) keys.push({ name: NAMED[piece]! });
      else if (piece.charCodeAt(0) >= 32) keys.push({ text: piece });
    }
    return keys;
  }
}
