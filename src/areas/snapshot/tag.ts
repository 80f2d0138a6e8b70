import { ZdError } from '../../kernel/error';

/** A tag is a file's name without its ending, on every file system; so this is all there is between a caller and a path. */
const TAG = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

/** The tag, or `bad_args`. */
export function checkTag(tag: string, path = '/tag'): string {
  if (TAG.test(tag)) return tag;
  throw new ZdError('bad_args', `${path}: a tag has 1 to 100 letters, digits and . _ -, and does not begin with a dot`, { path });
}

export const isTag = (text: string): boolean => TAG.test(text);
