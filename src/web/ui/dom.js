// Everything the page shows is made here, and only as text: what the daemon says never becomes markup.

/** An element: `on…` are listeners, `class` and the rest attributes, false and null leave an attribute out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const button = (text, onclick, attributes = {}) => h('button', { type: 'button', onclick, ...attributes }, text);

const TONES = {
  good: ['ok', 'exited', 'enabled', 'idle', 'answered', 'allowed', 'completed', 'live'],
  busy: ['running', 'queued', 'starting', 'working'],
  wait: ['waiting', 'paused', 'warn', 'warning', 'degraded', 'backing_off', 'pending', 'stale', 'retrying'],
  bad: ['failed', 'fail', 'error', 'timed_out', 'killed', 'interrupted', 'corrupt', 'denied', 'dead'],
};

/** A state as a word with a coloured dot; the word alone says it all. */
export const chip = (state, tone) =>
  h(
    'span',
    { class: `chip ${tone ?? Object.keys(TONES).find((each) => TONES[each].includes(state)) ?? 'none'}` },
    String(state).replaceAll('_', ' '),
  );

/** A list of terms; rows without a value are left out. */
export const facts = (rows) =>
  h(
    'dl',
    {},
    rows
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  );

/** `tone` colours the value. */
export const figure = (label, value, note = '', href = null, tone = false) =>
  h(
    href ? 'a' : 'div',
    { class: 'figure', href },
    h('span', { class: 'label' }, label),
    h('b', { class: tone }, String(value)),
    h('span', { class: 'note' }, note),
  );

export const empty = (text, hint = null) => h('p', { class: 'empty' }, text, hint && h('code', {}, hint));

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
export function bytes(count) {
  let at = 0;
  for (; count >= 1024 && at < UNITS.length - 1; at++) count /= 1024;
  return `${at === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${UNITS[at]}`;
}

export const number = (count) => Number(count).toLocaleString('en');
export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
/** As a shell would take it. */
export const command = (argv) => argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ');

/** Milliseconds since the Unix epoch from nanoseconds or an ISO text; null stays null. */
export const millis = (time) => (time === null || time === undefined ? null : typeof time === 'string' ? Date.parse(time) : time / 1e6);

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
];

/** The two largest parts: `3m 12s`, `2d 4h`. */
export function duration(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const at = STEPS.findIndex(([size]) => ms >= size);
  const [size, unit] = STEPS[at];
  const [next, smaller] = STEPS[at + 1] ?? [1, ''];
  const more = smaller === '' ? 0 : Math.floor((ms % size) / next);
  return `${Math.floor(ms / size)}${unit}${more > 0 ? ` ${more}${smaller}` : ''}`;
}

export const ago = (time) => {
  const at = millis(time);
  if (at === null) return '';
  const past = Date.now() - at;
  return Math.abs(past) < 1500 ? 'now' : past > 0 ? `${duration(past)} ago` : `in ${duration(-past)}`;
};

export const clock = (time) => new Date(millis(time)).toLocaleString('sv');
export const clockOnly = (time) => new Date(millis(time)).toLocaleTimeString('sv');

/** A short message that goes by itself. */
export function toast(text, bad = false) {
  const shown = h('p', { class: bad ? 'toast bad' : 'toast' }, text);
  const box = document.getElementById('toasts');
  box.append(shown);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => shown.remove(), bad ? 9000 : 4000);
}

export const explain = (error) => [error.message, error.hint].filter(Boolean).join(' ');

/** Asks before something that cannot be taken back. */
export function confirm(title, text, yes) {
  const { promise, resolve } = Promise.withResolvers();
  const box = h(
    'dialog',
    { 'aria-labelledby': 'confirm-title', onclose: () => (resolve(box.returnValue === 'yes'), box.remove()) },
    h('h2', { id: 'confirm-title' }, title),
    h('p', {}, text),
    h(
      'div',
      { class: 'actions' },
      button('Keep it', () => box.close(''), { autofocus: true }),
      button(yes, () => box.close('yes'), { class: 'danger' }),
    ),
  );
  document.body.append(box);
  box.showModal();
  return promise;
}
