import { button, h } from './dom.js';

const KEPT = 'zd.shortcuts';
const typing = (element) => element.closest('input, select, textarea, [contenteditable]') !== null;

/** Single keys for what the page does. `all` gives `[key, words, run]`; they can be turned off, for those who speak to their computer. */
export class Shortcuts {
  constructor(all) {
    this.all = all;
    this.on = localStorage.getItem(KEPT) !== 'off';
    document.addEventListener('keydown', (event) => this.hear(event));
  }

  hear(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !this.on) return;
    if (document.querySelector('dialog[open]')) return;
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const found = this.all().find(([key]) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found[2]();
  }

  help() {
    const keep = h('input', { type: 'checkbox', id: 'single-keys', checked: this.on, onchange: () => this.turn(keep.checked) });
    const box = h(
      'dialog',
      { 'aria-labelledby': 'keys-title', onclose: () => box.remove() },
      h('h2', { id: 'keys-title' }, 'Keyboard'),
      h(
        'dl',
        { class: 'keys' },
        [...this.all(), ['↑ ↓', 'move in a list, Enter opens'], ['Esc', 'close what is open']].map(([key, words]) =>
          h('div', {}, h('dt', {}, h('kbd', {}, key)), h('dd', {}, words)),
        ),
      ),
      h('label', { for: 'single-keys', class: 'check' }, keep, 'Single-key shortcuts'),
      h(
        'div',
        { class: 'actions' },
        button('Close', () => box.close(), { autofocus: true }),
      ),
    );
    document.body.append(box);
    box.showModal();
  }

  turn(on) {
    this.on = on;
    localStorage.setItem(KEPT, on ? 'on' : 'off');
  }
}
