import ansi from './ui/ansi.js' with { type: 'file' };
import api from './ui/api.js' with { type: 'file' };
import app from './ui/app.js' with { type: 'file' };
import approvals from './ui/approvals.js' with { type: 'file' };
import dom from './ui/dom.js' with { type: 'file' };
import events from './ui/events.js' with { type: 'file' };
import feed from './ui/feed.js' with { type: 'file' };
import health from './ui/health.js' with { type: 'file' };
import icon from './ui/icon.svg' with { type: 'file' };
import page from './ui/index.html' with { type: 'file' };
import jobs from './ui/jobs.js' with { type: 'file' };
import list from './ui/list.js' with { type: 'file' };
import locks from './ui/locks.js' with { type: 'file' };
import output from './ui/output.js' with { type: 'file' };
import overview from './ui/overview.js' with { type: 'file' };
import views from './ui/page.js' with { type: 'file' };
import question from './ui/question.js' with { type: 'file' };
import schedules from './ui/schedules.js' with { type: 'file' };
import sessions from './ui/sessions.js' with { type: 'file' };
import shortcuts from './ui/shortcuts.js' with { type: 'file' };
import signIn from './ui/sign_in.js' with { type: 'file' };
import storage from './ui/storage.js' with { type: 'file' };
import stylesheet from './ui/style.css' with { type: 'file' };
import theme from './ui/theme.js' with { type: 'file' };
import themeToggle from './ui/theme_toggle.js' with { type: 'file' };
import transcript from './ui/transcript.js' with { type: 'file' };

/** The page of `/ui`. */
export const UI_PAGE = page as unknown as string;

/** What the page loads, by the name it is served under, as it lies in the executable. Only paths: nothing is read before it is asked for. */
export const UI_FILES: ReadonlyMap<string, string> = new Map([
  ['ansi.js', ansi],
  ['api.js', api],
  ['app.js', app],
  ['approvals.js', approvals],
  ['dom.js', dom],
  ['events.js', events],
  ['feed.js', feed],
  ['health.js', health],
  ['icon.svg', icon],
  ['jobs.js', jobs],
  ['list.js', list],
  ['locks.js', locks],
  ['output.js', output],
  ['overview.js', overview],
  ['page.js', views],
  ['question.js', question],
  ['schedules.js', schedules],
  ['sessions.js', sessions],
  ['shortcuts.js', shortcuts],
  ['sign_in.js', signIn],
  ['storage.js', storage],
  ['style.css', stylesheet],
  ['theme.js', theme],
  ['theme_toggle.js', themeToggle],
  ['transcript.js', transcript],
]);
