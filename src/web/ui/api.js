// The daemon as the page sees it: calls, and streams that come back by themselves.

const KEY = 'zd.token';
const QUIET_MS = 45_000;

let token = read(sessionStorage) ?? read(localStorage) ?? '';
let refused = () => {};

function read(storage) {
  try {
    return storage.getItem(KEY);
  } catch {
    return null;
  }
}

/** What happens when the daemon does not know our token any more. */
export const onRefused = (run) => void (refused = run);
export const hasToken = () => token !== '';

/** Kept for this tab, or on this machine when asked; never in an address. */
export function keepToken(text, remember) {
  token = text;
  for (const storage of [sessionStorage, localStorage]) storage.removeItem(KEY);
  if (text !== '') (remember ? localStorage : sessionStorage).setItem(KEY, text);
}

export class ApiError extends Error {
  constructor(status, { code = 'no_answer', msg = 'The daemon gave no answer zd knows.', hint = '' } = {}) {
    super(msg);
    Object.assign(this, { status, code, hint });
  }
}

async function send(path, { headers, withToken = token, ...init } = {}) {
  const authorization = withToken === '' ? {} : { authorization: `Bearer ${withToken}` };
  let response;
  try {
    response = await fetch(path, { ...init, cache: 'no-store', headers: { ...headers, ...authorization } });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, { code: 'down', msg: 'The daemon does not answer.', hint: 'Start it with: zd up' });
  }
  if (response.ok) return response;
  const error = new ApiError(response.status, await response.json().catch(() => undefined));
  if (error.status === 401 && withToken === token) refused(error);
  throw error;
}

export const get = async (path, options) => (await send(path, options)).json();

export const call = (op, input = {}, options = {}) =>
  get(`/op/${op}`, { method: 'POST', body: JSON.stringify(input), headers: { 'content-type': 'application/json' }, ...options });

/** One frame of an event stream per block of lines (WHATWG HTML §9.2.6); `beat` hears of every sign of life. */
async function* framesOf(body, beat) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      beat();
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const frame = { event: 'message', data: '' };
        for (const line of block.split('\n')) {
          const [, field, text] = /^(id|event|data|retry): ?(.*)$/.exec(line) ?? [];
          if (field === 'data') frame.data += text;
          else if (field) frame[field] = text;
        }
        yield frame;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Follows a stream for good: it comes back with the last id it saw, waiting longer each time. Through fetch, because an EventSource
 * cannot send the token. `state` hears live, retrying, ended or refused.
 */
export async function follow(path, { onFrame, onState = () => {}, signal, from = '' }) {
  let last = from;
  let waits = 0;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop);
    let timer = setTimeout(stop, QUIET_MS);
    const beat = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, QUIET_MS);
    };
    let again = 0;
    try {
      const headers = { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) };
      const response = await send(path, { headers, signal: attempt.signal });
      if (response.status === 204) return onState('ended');
      last = response.headers.get('last-event-id') ?? last;
      waits = 0;
      onState('live');
      for await (const frame of framesOf(response.body, beat)) {
        if (frame.id !== undefined) last = frame.id;
        if (frame.data === '') continue;
        const data = JSON.parse(frame.data);
        if (frame.event === 'shutdown') again = Number(data.retry_ms) || 0;
        else if (frame.event === 'end') return onState('ended', data.hint);
        onFrame(frame.event, data, frame.id);
        if (frame.event === 'complete') return onState('ended');
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) return onState('refused', error.message);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      attempt.abort();
    }
    if (signal.aborted) return;
    onState('retrying');
    await pause(again || Math.min(30_000, 500 * 2 ** waits++), signal);
  }
}

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
