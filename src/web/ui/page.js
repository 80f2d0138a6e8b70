import { call } from './api.js';
import { button, confirm, explain, h, toast } from './dom.js';

/** A title, tools beside it, and content. */
export const page = (title, tools, ...content) =>
  h('div', { class: 'page' }, h('div', { class: 'head' }, h('h1', {}, title), h('div', { class: 'tools' }, tools)), content);

/** A list, and beside it what is known of the chosen row. */
export class ListPage {
  /** `load` brings the rows, `detail(key)` makes `{element, update(row), close()}`, `nothing` stands for an empty list. */
  constructor({ name, title, tools = [], list, load, detail, nothing, go }) {
    Object.assign(this, { name, list, load, detail, go, shown: null, key: null, rows: new Map() });
    list.open = (key) => (this.key === key ? this.aside.focus() : go(`${name}/${encodeURIComponent(key)}`));
    this.nothing = nothing;
    this.aside = h('section', { class: 'detail', tabindex: -1, 'aria-label': 'Details', hidden: true, onkeydown: (event) => this.back(event) });
    this.panes = h('div', { class: 'panes' }, h('div', { class: 'left' }, list.element, nothing), this.aside);
    this.element = page(title, tools, this.panes);
  }

  async refresh(signal) {
    const rows = await this.load(signal);
    if (signal?.aborted) return;
    this.list.update(rows);
    this.rows = new Map(rows.map((row) => [String(this.list.key(row)), row]));
    this.nothing.hidden = rows.length > 0;
    this.list.element.hidden = rows.length === 0;
    await this.shown?.update(this.rows.get(this.key) ?? null);
  }

  /** `null` closes the details. */
  async show(key) {
    if (key === this.key) return;
    this.shown?.close?.();
    this.key = key;
    this.list.choose(key);
    this.panes.classList.toggle('open', key !== null);
    this.aside.hidden = key === null;
    this.shown = key === null ? null : this.detail(key);
    const shut = button('Close', () => this.leave(), { class: 'plain shut', 'aria-keyshortcuts': 'Escape' });
    this.aside.replaceChildren(...(this.shown ? [shut, this.shown.element] : []));
    await this.shown?.update(this.rows.get(key) ?? null);
  }

  leave() {
    this.go(this.name);
    this.list.focus();
  }

  back(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.leave();
  }

  close() {
    this.shown?.close?.();
  }
}

/** Asks first when `sure` is given, calls, and says how it went. */
export async function act(op, input, { sure = null, yes = 'Yes', done, after = () => {} }) {
  if (sure && !(await confirm(sure[0], sure[1], yes))) return;
  try {
    const reply = await call(op, input);
    toast(typeof done === 'function' ? done(reply) : done);
    await after(reply);
  } catch (error) {
    toast(explain(error), true);
  }
}
