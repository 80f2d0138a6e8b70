import type { DefinitionRecord } from '../definitions/service';

/** Parts of a name, between anything that is no letter, that say what it holds is nobody else's business. */
const NAME = /(^|[^a-z])(tokens?|secrets?|credentials?|passwords?|passwd|passphrase)([^a-z]|$)|api_?key|private_?key|access_?key/i;
const VALUE = /AWS_SECRET|API_KEY=|PASSWORD=|PRIVATE[_ ]KEY|SECRET_ACCESS_KEY/i;
/** How much of a value is looked at. */
const LOOK = 64 * 1024;

/** Whether a definition is a variable with a secret by its name, or holds one by its look. */
export function isSensitive({ kind, name, value }: Pick<DefinitionRecord, 'kind' | 'name' | 'value'>): boolean {
  if ((kind === 'env' || kind === 'params' || kind === 'params_typed') && NAME.test(name)) return true;
  return value !== null && VALUE.test(value.slice(0, LOOK));
}
