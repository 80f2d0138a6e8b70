import { button, chip, clockOnly, empty, h, plural } from './dom.js';
import { isOutput } from './feed.js';
import { page } from './page.js';

/** Rows in the page, however many events come. */
const SHOWN = 300;
const ENVELOPE = new Set(['type', 'source', 'timestamp', 'v', 'seq', 'id', 'ts_ns', 'kind', 'scope', 'visibility']);

/** `SCOPE.TOPIC` with `*` and `?`, as everywhere in zd; a word without a dot is looked for anywhere. */
export function matcher(text) {
  const pattern = text.trim().toLowerCase();
  if (pattern === '') return () => true;
  if (!/[*?]/.test(pattern)) return (name) => name.toLowerCase().includes(pattern);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name.toLowerCase());
}

export const nameOf = (event) => `${event.scope}.${event.type}`;

export function summary(event) {
  const rest = Object.fromEntries(Object.entries(event).filter(([name]) => !ENVELOPE.has(name)));
  const data = Object.keys(rest).length === 1 && 'data' in rest ? rest.data : rest;
  return JSON.stringify(data) ?? '';
}

export function events({ feed, params }) {
  const pattern = h('input', {
    type: 'search',
    placeholder: 'job:*.complete',
    'aria-label': 'Pattern: scope.topic with * and ?',
    spellcheck: 'false',
    'data-filter': '',
  });
  const kind = h('select', { 'aria-label': 'Kind of the events' }, h('option', { value: '' }, 'All kinds'));
  const noise = h('input', { type: 'checkbox', id: 'noise' });
  const hold = button('Pause', () => pause(!paused), { 'aria-pressed': 'false', 'aria-keyshortcuts': 'p' });
  const list = h('ol', { class: 'events', 'aria-label': 'Events, newest first', tabindex: 0 });
  const none = empty('No event matches. Publish one with ', "zd publish hello '{}'");
  const count = h('p', { class: 'note' });
  const element = page(
    'Events',
    [pattern, kind, h('label', { for: 'noise', class: 'check' }, noise, 'Job output'), hold],
    count,
    h('div', { class: 'panel tall' }, list, none),
  );
  const kinds = new Set();
  let paused = false;
  let fresh = [];
  let missed = 0;
  let matches = () => true;

  const wanted = (event) =>
    event.mark !== undefined || ((kind.value === '' || event.kind === kind.value) && (noise.checked || !isOutput(event)) && matches(nameOf(event)));

  const row = (event) => {
    if (event.mark !== undefined) return h('li', { class: 'mark' }, event.mark);
    const text = summary(event);
    const open = h(
      'details',
      {
        ontoggle: () => {
          if (open.open && open.childElementCount === 1) open.append(h('pre', {}, JSON.stringify(event, null, 2)));
        },
      },
      h(
        'summary',
        {},
        h('time', {}, clockOnly(event.ts_ns)),
        chip(event.kind, event.kind === 'pub' ? 'good' : 'none'),
        h('b', {}, nameOf(event)),
        h('span', { class: 'data' }, text.length > 300 ? `${text.slice(0, 300)}…` : text),
      ),
    );
    return h('li', {}, open);
  };

  const tell = () => {
    none.hidden = list.childElementCount > 0;
    list.hidden = !none.hidden;
    count.textContent = paused
      ? `Paused. ${plural(missed, 'more event has', 'more events have')} come since.`
      : `${plural(list.childElementCount, 'event', 'events')}, newest first.`;
  };

  const redraw = () => {
    matches = matcher(pattern.value);
    const all = feed.events(noise.checked);
    for (const event of all) note(event);
    list.replaceChildren(...all.filter(wanted).slice(-SHOWN).reverse().map(row));
    [fresh, missed] = [[], 0];
    tell();
  };

  const note = (event) => {
    if (event.kind === undefined || kinds.has(event.kind)) return;
    kinds.add(event.kind);
    kind.append(h('option', { value: event.kind }, event.kind));
  };

  const draw = () => {
    list.prepend(...fresh.splice(0).slice(-SHOWN).reverse().map(row));
    while (list.childElementCount > SHOWN) list.lastChild.remove();
    tell();
  };

  const listen = (event) => {
    if (event === null) return paused ? undefined : redraw();
    note(event);
    if (!wanted(event)) return;
    if (paused) {
      if (missed++ === 0 || missed % 10 === 0) requestAnimationFrame(tell);
    } else if (fresh.push(event) === 1) requestAnimationFrame(draw);
    // A page that nobody looks at has no frames.
    else if (fresh.length > SHOWN) fresh.shift();
  };

  const pause = (now) => {
    paused = now;
    hold.textContent = paused ? 'Resume' : 'Pause';
    hold.setAttribute('aria-pressed', String(paused));
    if (paused) tell();
    else redraw();
  };

  for (const [field, event] of [
    [pattern, 'input'],
    [kind, 'change'],
    [noise, 'change'],
  ])
    field.addEventListener(event, redraw);
  if (params) pattern.value = params;
  feed.listeners.add(listen);
  redraw();
  return {
    element,
    keys: { p: () => pause(!paused) },
    refresh: async () => {},
    close: () => feed.listeners.delete(listen),
  };
}
