import { approvals } from './approvals.js';
import { call, get, hasToken, keepToken, onRefused } from './api.js';
import { button, explain, h, toast } from './dom.js';
import { events } from './events.js';
import { Feed, isOutput } from './feed.js';
import { health } from './health.js';
import { jobs } from './jobs.js';
import { locks } from './locks.js';
import { overview } from './overview.js';
import { schedules } from './schedules.js';
import { sessions } from './sessions.js';
import { Shortcuts } from './shortcuts.js';
import { signIn } from './sign_in.js';
import { storage } from './storage.js';
import { themeToggle } from './theme_toggle.js';

/** `needs` is the operation without which the daemon has nothing to show there; `hears` the events after which it is read again. */
const SECTIONS = [
  { name: 'overview', title: 'Overview', make: overview, hears: () => true },
  {
    name: 'sessions',
    title: 'Sessions',
    make: sessions,
    needs: 'session_list',
    hears: ({ kind }) => ['session', 'observability', 'runtime'].includes(kind),
  },
  { name: 'approvals', title: 'Approvals', make: approvals, needs: 'approvals_list', hears: ({ kind }) => kind === 'runtime' },
  { name: 'jobs', title: 'Jobs', make: jobs, needs: 'job_list', hears: ({ kind }) => kind === 'job' },
  { name: 'schedules', title: 'Schedules', make: schedules, needs: 'schedule_list', hears: ({ kind }) => kind === 'schedule' || kind === 'job' },
  { name: 'locks', title: 'Locks', make: locks, needs: 'lock_list', hears: ({ kind }) => kind === 'lock' },
  { name: 'storage', title: 'Storage', make: storage, needs: 'cache_stats', hears: ({ kind }) => kind === 'artifact' },
  { name: 'events', title: 'Events', make: events, hears: () => false },
  { name: 'health', title: 'Health', make: health, hears: ({ kind }) => kind === 'daemon' },
];
/** What no event tells of is read again this often, and a flood of events causes no flood of calls. */
const EVERY_MS = 4000;
const AFTER_EVENT_MS = 200;

const byId = (id) => document.getElementById(id);
const main = byId('main');
const feed = new Feed();
let ops = new Set();
let shown = [];
let current = null;
let timer;

const go = (place) => void (location.hash = `#/${place}`);

function drawNav() {
  const nav = byId('nav');
  nav.replaceChildren(...shown.map(({ name, title }, at) => h('a', { href: `#/${name}`, 'data-name': name, 'aria-keyshortcuts': at + 1 }, title)));
  nav.onkeydown = (event) => {
    const links = [...nav.children];
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    links.at((links.indexOf(event.target) + step) % links.length).focus();
  };
}

async function route() {
  if (shown.length === 0) return;
  const [, name, key] = /^#\/(\w+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  const section = shown.find((each) => each.name === name) ?? shown[0];
  if (current?.section !== section) {
    current?.abort.abort();
    current?.view.close?.();
    const abort = new AbortController();
    current = { section, abort, view: section.make({ ops, feed, go, params: key ?? '' }) };
    main.replaceChildren(current.view.element);
    document.title = `${section.title} · zd`;
    for (const link of byId('nav').children) {
      const here = link.dataset.name === section.name;
      if (here) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
      link.tabIndex = here ? 0 : -1;
    }
    await refresh();
  }
  await current.view.show?.(key ? decodeURIComponent(key) : null).catch(complain);
}

async function refresh() {
  clearTimeout(timer);
  const { view, abort } = current;
  try {
    if (document.visibilityState === 'visible') await view.refresh(abort.signal);
  } catch (error) {
    complain(error);
  }
  if (current.view === view) {
    clearTimeout(timer);
    timer = setTimeout(refresh, EVERY_MS);
  }
}

let said = '';
function complain(error) {
  if (error.name === 'AbortError' || error.status === 401) return;
  const text = explain(error);
  if (text !== said) toast(text, true);
  said = text;
  setTimeout(() => (said = ''), 10_000);
}

let soon;
feed.listeners.add((event) => {
  if (soon || !current || event === null || isOutput(event) || !current.section.hears(event)) return;
  soon = setTimeout(() => ((soon = undefined), refresh()), AFTER_EVENT_MS);
});
feed.watchers.add((state, why) => {
  const live = byId('live');
  live.dataset.state = state;
  live.textContent = { live: 'Live', retrying: 'Reconnecting', refused: 'Not allowed', ended: 'Ended' }[state] ?? state;
  live.title = why ?? '';
  if (state === 'live' && current) refresh();
});
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && current && refresh());
window.addEventListener('hashchange', route);

function leave() {
  keepToken('', false);
  location.reload();
}

const toggleTheme = themeToggle(byId('theme'));
const shortcuts = new Shortcuts(() => [
  ...shown.map(({ name, title }, at) => [String(at + 1), title, () => (go(name), main.focus())]),
  ['/', 'filter', () => document.querySelector('[data-filter], main select')?.focus()],
  ...(current?.view.keys ? [['p', 'pause or resume the events', current.view.keys.p]] : []),
  ['l', 'go to the list', () => document.querySelector('[role="grid"] [tabindex="0"]')?.focus()],
  ['r', 'read again', refresh],
  ['t', 'light, dark or as the system', toggleTheme],
  ['?', 'this help', () => shortcuts.help()],
]);
byId('keys').addEventListener('click', () => shortcuts.help());
byId('leave').addEventListener('click', leave);
// A fragment is also an address of ours, so the link moves the focus itself.
document.querySelector('.skip').addEventListener('click', (event) => (event.preventDefault(), main.focus()));

async function begin() {
  try {
    await call('ping');
  } catch (error) {
    if (error.status === 401) await signIn();
    else if (error.status !== 403) {
      main.replaceChildren(
        h('div', { class: 'sign-in panel' }, h('h1', {}, 'No answer'), h('p', {}, explain(error)), button('Try again', begin, { class: 'main' })),
      );
      return;
    }
  }
  onRefused(() => (current?.abort.abort(), leave()));
  ops = new Set((await get('/ops')).ops);
  shown = SECTIONS.filter(({ needs }) => !needs || ops.has(needs));
  byId('leave').hidden = !hasToken();
  drawNav();
  feed.start(new AbortController().signal);
  feed.fill().catch(complain);
  await route();
}

begin();
