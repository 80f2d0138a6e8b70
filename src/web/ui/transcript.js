import { follow } from './api.js';
import { question, shownInput } from './question.js';
import { chip, clockOnly, duration, h, number } from './dom.js';

const TAIL = 500;
/** Blocks in the page: the end of a long conversation. */
const SHOWN = 400;
/** Characters of one block. */
const MOST = 20_000;
const MOST_WAITING = 2000;

/** What is said and done in a session, while it happens. */
export class Transcript {
  constructor(id, onChange) {
    Object.assign(this, { id, onChange, tools: new Map(), questions: new Map(), waiting: [], abort: new AbortController() });
    this.state = h('span', {}, chip('connecting'));
    this.text = h('div', { class: 'transcript', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Transcript' });
    this.element = h('div', { class: 'output' }, h('div', { class: 'bar' }, h('h3', {}, 'Transcript'), this.state), this.text);
    follow(`/stream/session?id=${encodeURIComponent(id)}&tail=${TAIL}`, {
      signal: this.abort.signal,
      onFrame: (event, data) => {
        const waiting = this.waiting.push([event, data]);
        if (waiting === 1) requestAnimationFrame(() => this.draw());
        // A page that nobody looks at has no frames.
        else if (waiting >= MOST_WAITING) this.draw();
      },
      onState: (state, why) => this.state.replaceChildren(chip(why ?? state)),
    });
  }

  draw() {
    const atEnd = this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 40;
    for (const [event, data] of this.waiting.splice(0)) this.take(event, data);
    while (this.text.childElementCount > SHOWN) this.text.firstChild.remove();
    if (atEnd) this.text.scrollTop = this.text.scrollHeight;
  }

  take(type, data) {
    const make = this[`on_${type}`];
    if (make) make.call(this, data);
    if (['user', 'done', 'error', 'approval', 'approval_resolved'].includes(type)) this.onChange();
  }

  /** Pieces of the same kind are one block. */
  piece(kind, who, { content, turn_id, message_id, ts_ns }) {
    const key = `${kind} ${turn_id} ${message_id ?? ''}`;
    const last = this.text.lastElementChild;
    if (last?.dataset.key === key) {
      const body = last.lastElementChild;
      if (body.textContent.length < MOST) body.append(content);
    } else this.block(kind, who, ts_ns, h('div', { class: 'said' }, content), key);
  }

  block(kind, who, ts_ns, body, key = '') {
    this.text.append(
      h('article', { class: `block ${kind}`, 'data-key': key }, h('p', { class: 'by' }, h('b', {}, who), h('time', {}, clockOnly(ts_ns))), body),
    );
  }

  line(ts_ns, ...content) {
    this.text.append(h('p', { class: 'line' }, h('time', {}, clockOnly(ts_ns)), content));
  }

  on_user({ content, by, ts_ns }) {
    this.block('user', by ?? 'user', ts_ns, h('div', { class: 'said' }, content));
  }

  on_text(data) {
    this.piece('text', 'agent', data);
  }

  on_thinking(data) {
    this.piece('thinking', 'thinking', data);
  }

  on_tool_use_start(data) {
    this.tool(data);
  }

  on_tool_use(data) {
    this.tool(data).body.replaceChildren(...[shownInput(data.input)].filter(Boolean));
  }

  on_tool_result_delta({ tool_id, delta, ...data }) {
    this.result({ tool_id, ...data }).append(String(delta).slice(0, MOST));
  }

  on_tool_result({ tool_id, result, failed, ...data }) {
    const text = typeof result === 'string' ? result : JSON.stringify(result, null, 2);
    this.result({ tool_id, ...data }).replaceChildren((text ?? '').slice(0, MOST));
    this.tools.get(tool_id).state.replaceChildren(chip(failed ? 'failed' : 'ok'));
  }

  tool({ tool_id, tool_name, ts_ns }) {
    let known = this.tools.get(tool_id);
    if (!known) {
      const state = h('span', {}, chip('running'));
      const body = h('div');
      const result = h('pre', { class: 'result' });
      this.text.append(
        h(
          'details',
          { class: 'block tool' },
          h('summary', {}, h('b', {}, tool_name ?? 'tool'), state, h('time', {}, clockOnly(ts_ns))),
          body,
          result,
        ),
      );
      this.tools.set(tool_id, (known = { state, body, result }));
      if (this.tools.size > SHOWN) this.tools.delete(this.tools.keys().next().value);
    }
    return known;
  }

  result(data) {
    return this.tool(data).result;
  }

  on_approval(data) {
    const asked = question(data, this.onChange);
    this.questions.set(data.approval_id, asked);
    this.text.append(asked);
  }

  on_approval_resolved({ approval_id, outcome, option_id, by, ts_ns }) {
    const words = `Approval ${outcome}${option_id ? `: ${option_id}` : ''}${by ? ` by ${by}` : ''}`;
    const asked = this.questions.get(approval_id);
    if (!asked) return this.line(ts_ns, words);
    asked.querySelector('.actions').replaceChildren(h('span', { class: 'note' }, words));
    asked.querySelector('.chip').replaceWith(chip(outcome));
    asked.classList.add('over');
    this.questions.delete(approval_id);
  }

  on_plan({ entries, ts_ns }) {
    const items = entries.map(({ content, status }) => h('li', {}, chip(status), h('span', {}, content)));
    this.block('plan', 'plan', ts_ns, h('ul', { class: 'rows' }, items));
  }

  on_done({ stop_reason, duration_ms, ts_ns }) {
    this.line(ts_ns, `Turn ended: ${String(stop_reason).replaceAll('_', ' ')}, after ${duration(duration_ms)}`);
  }

  on_error({ message, ts_ns }) {
    this.line(ts_ns, chip('error'), message);
  }

  on_usage({ input_tokens, output_tokens, ts_ns }) {
    this.line(ts_ns, `${number(input_tokens ?? 0)} tokens in, ${number(output_tokens ?? 0)} out`);
  }

  on_notice({ text, ts_ns }) {
    this.line(ts_ns, text);
  }

  on_system({ message, ts_ns }) {
    this.line(ts_ns, message);
  }

  on_gap({ missed }) {
    this.text.append(h('p', { class: 'line mark' }, `${missed} older events are no longer kept.`));
  }

  close() {
    this.abort.abort();
  }
}
