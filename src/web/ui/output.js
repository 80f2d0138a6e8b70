import { follow } from './api.js';
import { Ansi } from './ansi.js';
import { button, bytes, chip, h } from './dom.js';

/** So much of the end of an output is read when it is opened, and so many characters stay in the page. */
const TAIL_BYTES = 64 * 1024;
const KEPT_CHARS = 200_000;
/** Text of one colour is one element up to this length, so the page holds few of them. */
const PIECE_CHARS = 4000;
const KEPT_PIECES = 4000;
const MOST_WAITING = 2000;

/** What a job writes, while it writes it. The page keeps the end of it. */
export class Output {
  constructor(job, onEnd) {
    this.id = job.id;
    this.onEnd = onEnd;
    this.chars = 0;
    this.ansi = { stdout: new Ansi(), stderr: new Ansi() };
    this.waiting = [];
    this.abort = new AbortController();
    this.state = h('span', {}, chip('connecting'));
    this.following = true;
    this.follow = button('Follow', () => this.stick(!this.following), { class: 'plain', 'aria-pressed': 'true' });
    this.text = h('pre', { tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': `Output of job ${job.id}`, onscroll: () => this.scrolled() });
    this.element = h('div', { class: 'output' }, h('div', { class: 'bar' }, h('h3', {}, 'Output'), this.state, this.follow), this.text);
    const from = [job.stdout_bytes, job.stderr_bytes].map((written) => Math.max(0, (written ?? 0) - TAIL_BYTES));
    if (from[0] > 0) this.add('note', `… the last ${bytes(TAIL_BYTES)} of ${bytes(job.stdout_bytes)}\n`);
    follow(`/stream/jobs?id=${this.id}&from=${from.join(':')}`, {
      signal: this.abort.signal,
      onFrame: (event, data) => this.take(event, data),
      onState: (state, why) => this.state.replaceChildren(chip(why ?? (state === 'ended' ? 'complete' : state))),
    });
  }

  take(event, data) {
    if (event === 'stdout' || event === 'stderr') this.add(event, data.data ?? `[${data.bytes} bytes that are no text]\n`);
    else if (event === 'gap') this.add('note', `\n… ${bytes(data.missed)} of ${data.channel} are no longer kept\n`);
    else if (event === 'complete') {
      this.follow.hidden = true;
      this.onEnd();
    }
  }

  /** Drawn once per frame of the screen, however fast the job writes. */
  add(channel, text) {
    const waiting = this.waiting.push([channel, text]);
    if (waiting === 1) requestAnimationFrame(() => this.draw());
    // A page that nobody looks at has no frames.
    else if (waiting >= MOST_WAITING) this.draw();
  }

  draw() {
    const fragment = document.createDocumentFragment();
    for (const [channel, text] of this.waiting.splice(0)) {
      for (const [classes, part] of this.ansi[channel]?.split(text) ?? [['', text]]) {
        const shown = part.length > KEPT_CHARS ? part.slice(-KEPT_CHARS) : part;
        this.chars += shown.length;
        const name = `${channel} ${classes}`.trim();
        const last = fragment.lastChild ?? this.text.lastChild;
        if (last?.className === name && last.firstChild.length < PIECE_CHARS) last.firstChild.appendData(shown);
        else fragment.append(h('span', { class: name }, shown));
      }
    }
    this.text.append(fragment);
    while ((this.chars > KEPT_CHARS && this.text.childElementCount > 1) || this.text.childElementCount > KEPT_PIECES) {
      this.chars -= this.text.firstChild.textContent.length;
      this.text.firstChild.remove();
    }
    if (this.following) this.text.scrollTop = this.text.scrollHeight;
  }

  scrolled() {
    const atEnd = this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 24;
    if (atEnd !== this.following) this.stick(atEnd);
  }

  stick(following) {
    this.following = following;
    this.follow.setAttribute('aria-pressed', String(following));
    if (following) this.text.scrollTop = this.text.scrollHeight;
  }

  close() {
    this.abort.abort();
  }
}
