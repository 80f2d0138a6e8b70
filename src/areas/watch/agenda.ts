/** What a tree does for each piece of work. */
export interface Looks {
  /** The first look into a folder. */
  read(folder: string): void;
  /** A later look into the whole folder. */
  compare(folder: string): void;
  look(folder: string, name: string, touched: boolean): void;
  knows(folder: string): boolean;
}

/** Names looked at in one step. */
const STEP = 64;

/** What has to be looked at, each thing once however often it was told. */
export class Agenda {
  private readonly unread: string[] = [];
  /** By folder: the names with whether their content was touched, or all of it. */
  private readonly dirty = new Map<string, Map<string, boolean> | 'all'>();

  constructor(private readonly looks: Looks) {}

  add(folder: string): void {
    this.unread.push(folder);
  }

  markAll(folder: string): void {
    this.dirty.set(folder, 'all');
  }

  mark(folder: string, name: string, touched: boolean): void {
    const names = this.dirty.get(folder);
    if (names === undefined) this.dirty.set(folder, new Map([[name, touched]]));
    else if (names !== 'all') names.set(name, touched || (names.get(name) ?? false));
  }

  drop(folder: string): void {
    this.dirty.delete(folder);
  }

  /** One piece of work, new folders first; false when there is none. */
  step(): boolean {
    const unread = this.unread.pop();
    if (unread !== undefined) {
      this.looks.read(unread);
      return true;
    }
    for (const [folder, names] of this.dirty) {
      if (names === 'all' || !this.looks.knows(folder)) {
        this.dirty.delete(folder);
        if (names === 'all') this.looks.compare(folder);
      } else this.some(folder, names);
      return true;
    }
    return false;
  }

  private some(folder: string, names: Map<string, boolean>): void {
    let left = STEP;
    for (const [name, touched] of names) {
      if (left-- === 0 || !this.looks.knows(folder)) return;
      names.delete(name);
      this.looks.look(folder, name, touched);
    }
    this.dirty.delete(folder);
  }
}
