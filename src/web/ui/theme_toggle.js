const ORDER = ['', 'light', 'dark'];
const NAMES = { '': ['Auto', 'as the system'], light: ['Light', 'light'], dark: ['Dark', 'dark'] };

export function themeToggle(button) {
  const root = document.documentElement;
  const show = () => {
    const [text, words] = NAMES[root.dataset.theme ?? ''];
    button.textContent = text;
    button.setAttribute('aria-label', `Colours: ${words}`);
  };
  const next = () => {
    const chosen = ORDER[(ORDER.indexOf(root.dataset.theme ?? '') + 1) % ORDER.length];
    if (chosen === '') {
      delete root.dataset.theme;
      localStorage.removeItem('zd.theme');
    } else {
      root.dataset.theme = chosen;
      localStorage.setItem('zd.theme', chosen);
    }
    show();
  };
  button.addEventListener('click', next);
  show();
  return next;
}
