// Before the first paint, so that nobody who chose dark sees a white page first.
(() => {
  try {
    const chosen = localStorage.getItem('zd.theme');
    if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
  } catch {
    // No storage here: the system's choice holds.
  }
})();
