import { ZdError } from '../../kernel/error';

/** Whose input each session takes: the client's that has taken it over, everybody's otherwise. Not stored, since it ends with that client's connection. */
export class Input {
  private readonly owners = new Map<string, string>();

  owner(session: string): string | null {
    return this.owners.get(session) ?? null;
  }

  give(session: string, client: string | null): void {
    if (client === null) this.owners.delete(session);
    else this.owners.set(session, client);
  }

  /** Stands before everything that is said in a session or changes how it goes on, whatever way it came. Throws `not_owner`. */
  demand(session: string, { client }: { readonly client?: string }): void {
    const owner = this.owner(session);
    if (owner !== null && owner !== client) throw new ZdError('not_owner', undefined, { extra: { input_owner: owner } });
  }
}
