import { h } from './dom.js';

/**
 * A table whose rows are chosen with the arrow keys: one stop of the Tab key, Enter opens. Rows are updated in place, so neither the focus nor the
 * place of the page jumps when new figures come.
 */
export class List {
  constructor({ label, columns, key, open }) {
    Object.assign(this, { columns, key, open, rows: new Map(), chosen: null });
    this.body = h('tbody', { onkeydown: (event) => this.move(event), onclick: (event) => this.pick(event.target.closest('tr')) });
    const head = h(
      'tr',
      {},
      columns.map(({ title, kind }) => h('th', { scope: 'col', class: kind ?? false }, title)),
    );
    this.element = h('div', { class: 'scroll' }, h('table', { role: 'grid', 'aria-label': label }, h('thead', {}, head), this.body));
  }

  update(items) {
    const before = new Map(this.rows);
    this.rows.clear();
    let at = this.body.firstChild;
    for (const item of items) {
      const key = String(this.key(item));
      const row =
        before.get(key) ??
        h(
          'tr',
          { tabindex: -1, 'data-key': key },
          this.columns.map(({ kind }) => h('td', { class: kind ?? false })),
        );
      before.delete(key);
      this.rows.set(key, row);
      this.columns.forEach(({ cell }, index) => fill(row.children[index], cell(item)));
      if (row === at) at = at.nextSibling;
      else this.body.insertBefore(row, at);
    }
    for (const row of before.values()) row.remove();
    this.choose(this.chosen);
  }

  /** Marks one row as the one that is shown; the Tab key stops there, or at the first. */
  choose(key) {
    this.chosen = key === null ? null : String(key);
    for (const [each, row] of this.rows) row.setAttribute('aria-selected', String(each === this.chosen));
    if (!this.body.querySelector('[tabindex="0"]') || this.rows.has(this.chosen)) this.stop(this.rows.get(this.chosen) ?? this.body.firstChild);
  }

  focus() {
    (this.rows.get(this.chosen) ?? this.body.querySelector('[tabindex="0"]'))?.focus();
  }

  stop(row) {
    for (const each of this.body.querySelectorAll('[tabindex="0"]')) each.tabIndex = -1;
    if (row) row.tabIndex = 0;
  }

  pick(row) {
    if (!row) return;
    this.stop(row);
    this.open?.(row.dataset.key);
  }

  move(event) {
    const row = event.target.closest('tr');
    const all = [...this.body.children];
    const at = all.indexOf(row);
    const to = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.pick(row);
    else if (to === undefined) return;
    else if (all[to]) {
      this.stop(all[to]);
      all[to].focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Text as text; an element only when it would look different, so nothing flickers. */
function fill(cell, content) {
  if (typeof content === 'string' || typeof content === 'number') {
    if (cell.textContent !== String(content) || cell.firstElementChild) cell.textContent = content;
  } else if (!cell.firstChild?.isEqualNode(content)) cell.replaceChildren(content ?? '');
}
