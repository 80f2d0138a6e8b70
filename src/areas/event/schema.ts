import { t } from '../../kernel/schema';
import { SINCE } from './since';

export const SinceText = t.String({
  minLength: 1,
  maxLength: 100,
  description: `Where to begin: ${SINCE}. A number or id is not included, a time is.`,
});

export const SessionId = t.String({
  minLength: 1,
  maxLength: 256,
  description: 'Also the private events of this session; needs the scope `session.read`, or to be the session.',
});

export const CursorName = t.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$', description: 'A name of your choice for the reader.' });
