// The one stream of events the page follows. It fills a bounded memory and tells the views what they may want to read again.
import { follow, get } from './api.js';

const KEPT = 1000;
const PAGE = 300;
/** So far back is looked for events that are not the output of jobs, which would crowd out all others. */
const PAGES = 3;
const ENOUGH = 200;

const OUTPUT = new Set(['stdout', 'stderr']);
export const isOutput = (event) => OUTPUT.has(event.type);

export class Feed {
  constructor() {
    this.state = 'off';
    this.listeners = new Set();
    this.watchers = new Set();
    /** The output of jobs has a memory of its own. */
    this.kept = { output: [], other: [] };
  }

  start(signal) {
    const onState = (state, why) => {
      this.state = state;
      for (const watch of this.watchers) watch(state, why);
    };
    follow('/api/events', { signal, onFrame: (event, data) => this.take(event, data), onState });
  }

  /** What happened before the page was opened. */
  async fill() {
    let before = '';
    for (let page = 0; page < PAGES && this.kept.other.length < ENOUGH; page++) {
      const { events, next } = await get(`/api/events/history?limit=${PAGE}${before}`);
      const known = new Set([...this.kept.other, ...this.kept.output].map(({ id }) => id));
      for (const event of events.toReversed()) if (!known.has(event.id)) this.listOf(event).unshift(event);
      if (next === null) break;
      before = `&before=${next}`;
    }
    this.trim();
    for (const listen of this.listeners) listen(null);
  }

  /** In order, with the output of jobs or without. */
  events(withOutput) {
    const { other, output } = this.kept;
    return withOutput ? [...other, ...output].sort((a, b) => a.ts_ns - b.ts_ns || a.seq - b.seq) : other;
  }

  take(event, data) {
    if (event === 'message') this.keep(data);
    else if (event === 'gap') this.keep({ mark: `${data.lost ?? 'Some'} events were lost here: they are no longer kept.` });
    else if (event === 'lagged') this.keep({ mark: `This page read too slowly: ${data.missed} events were left out here.` });
  }

  keep(event) {
    event.ts_ns ??= Date.now() * 1e6;
    this.listOf(event).push(event);
    this.trim();
    for (const listen of this.listeners) listen(event);
  }

  listOf(event) {
    return isOutput(event) ? this.kept.output : this.kept.other;
  }

  trim() {
    for (const list of [this.kept.output, this.kept.other]) if (list.length > KEPT * 1.2) list.splice(0, list.length - KEPT);
  }
}
