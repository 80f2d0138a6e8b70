import { call, keepToken } from './api.js';
import { explain, h } from './dom.js';

/** Asks for the token until the daemon knows it. Resolves when it does. */
export function signIn() {
  const { promise, resolve } = Promise.withResolvers();
  const field = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'token-help token-fault',
  });
  const remember = h('input', { type: 'checkbox', id: 'remember' });
  const fault = h('p', { id: 'token-fault', class: 'fault', role: 'alert' });
  const submit = async (event) => {
    event.preventDefault();
    const withToken = field.value.trim();
    fault.textContent = '';
    // A header takes only these; anything else is no token of ours.
    if (!/^[\x21-\x7e]+$/.test(withToken)) fault.textContent = 'That is no token: it has no spaces and no letters outside ASCII.';
    else {
      try {
        await call('ping', {}, { withToken });
      } catch (error) {
        // It is known, and may only do less than this call.
        if (error.status !== 403) fault.textContent = error.status === 401 ? 'The daemon does not know this token.' : explain(error);
      }
    }
    if (fault.textContent !== '') {
      field.setAttribute('aria-invalid', 'true');
      return field.select();
    }
    keepToken(withToken, remember.checked);
    box.remove();
    resolve();
  };
  const box = h(
    'form',
    { class: 'sign-in panel', onsubmit: submit },
    h('h1', {}, 'Paste your token'),
    h(
      'p',
      { id: 'token-help' },
      'It lies in the file that ',
      h('code', {}, 'zd open --token'),
      ' names. It stays in this tab and goes nowhere but to this daemon.',
    ),
    h('label', { for: 'token' }, 'Token'),
    field,
    h('label', { for: 'remember', class: 'check' }, remember, 'Remember it in this browser'),
    fault,
    h('button', { type: 'submit', class: 'main' }, 'Connect'),
  );
  document.getElementById('main').replaceChildren(box);
  field.focus();
  return promise;
}
