import { openPage } from './open_page';

export const open = openPage({
  name: 'open',
  summary: 'Open the Swagger page in the browser, or print its address where there is none',
  path: '/openapi',
  member: 'openapi',
  hint: 'Authorize with the token in',
});
