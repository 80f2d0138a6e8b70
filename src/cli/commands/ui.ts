import { openPage } from './open_page';

export const ui = openPage({
  name: 'ui',
  summary: 'Open the page that shows what the daemon does, or print its address where there is no browser',
  path: '/ui',
  member: 'ui',
  hint: 'The page asks once for the token in',
});
