// The one stream of events the page follows. It fills a bounded memory and tells the views what they may want to read again.
import { follow } from './api.js';

const KEPT = 1000;

export class Feed {
  constructor() {
    this.events = [];
    this.state = 'off';
    this.listeners = new Set();
    this.watchers = new Set();
  }

  start(signal) {
    const onState = (state, why) => {
      this.state = state;
      for (const watch of this.watchers) watch(state, why);
    };
    follow('/api/events', { signal, onFrame: (event, data) => this.take(event, data), onState });
  }

  take(event, data) {
    if (event === 'message') this.keep(data);
    else if (event === 'gap')
      this.keep({ mark: `Events ${data.oldest ? `before ${data.oldest} ` : ''}are no longer kept: ${data.lost ?? 'some'} were lost here.` });
    else if (event === 'lagged') this.keep({ mark: `This page read too slowly: ${data.missed} events were left out here.` });
  }

  keep(event) {
    this.events.push(event);
    if (this.events.length > KEPT * 1.2) this.events.splice(0, this.events.length - KEPT);
    for (const listen of this.listeners) listen(event);
  }
}
