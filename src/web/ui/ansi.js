// The colours of a program's output. Other control sequences are left out.
// eslint-disable-next-line no-control-regex
const SEQUENCE =
  /\x1b\[([\d;:?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_=>()#][0-9A-Za-z]?|[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;
/** A sequence may be cut by the end of a frame. */
const CUT = /\x1b(?:\[[\d;:?]*|\][^\x07\x1b]{0,200})?$/;

/** Splits text into `[classes, text]`, remembering the colour and what was cut between calls. */
export class Ansi {
  constructor() {
    this.rest = '';
    this.colour = '';
    this.bold = false;
  }

  split(text) {
    let all = this.rest + text;
    this.rest = CUT.exec(all)?.[0] ?? '';
    if (this.rest) all = all.slice(0, -this.rest.length);
    const parts = [];
    let at = 0;
    for (const match of all.matchAll(SEQUENCE)) {
      this.push(parts, all.slice(at, match.index));
      at = match.index + match[0].length;
      if (match[2] === 'm') this.set(match[1]);
    }
    this.push(parts, all.slice(at));
    return parts;
  }

  push(parts, text) {
    const clean = text.replace(/\r+\n/g, '\n').replace(/\r/g, '\n');
    if (clean !== '') parts.push([`${this.colour}${this.bold ? ' bold' : ''}`.trim(), clean]);
  }

  set(codes) {
    const numbers = codes.split(/[;:]/).map(Number);
    for (let at = 0; at < numbers.length; at++) {
      const code = numbers[at];
      if (code === 0) [this.colour, this.bold] = ['', false];
      else if (code === 1) this.bold = true;
      else if (code === 22) this.bold = false;
      else if (code === 39) this.colour = '';
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) this.colour = `ansi${code % 10}`;
      else if (code === 38 || code === 48) at += numbers[at + 1] === 5 ? 2 : 4;
    }
  }
}
