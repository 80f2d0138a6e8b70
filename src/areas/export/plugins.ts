import type { DefinitionService } from '../definitions/service';

/** How plugin managers lay out what they install: the plugin's folder below theirs. */
const LAYOUTS: readonly (readonly [string, RegExp])[] = [
  ['zinit', /^(.*\/\.?zinit\/plugins\/([^/]+))\//],
  ['zplug', /^(.*\/\.?zplug\/repos\/([^/]+\/[^/]+))\//],
  ['antigen', /^(.*\/\.antigen\/bundles\/([^/]+\/[^/]+))\//],
  ['antibody', /^(.*\/antibody\/([^/]+))\//],
  ['sheldon', /^(.*\/sheldon\/repos\/[^/]+\/([^/]+\/[^/]+))\//],
  ['zgenom', /^(.*\/\.zgenom\/sources\/([^/]+\/[^/]+))\//],
  ['zgen', /^(.*\/\.zgen\/([^/]+\/[^/]+))\//],
  ['prezto', /^(.*\/\.zprezto\/modules\/([^/]+))\//],
  ['zim', /^(.*\/\.zim\/modules\/([^/]+))\//],
  ['oh-my-zsh', /^(.*\/\.oh-my-zsh\/(?:custom\/)?plugins\/([^/]+))\//],
  ['manual', /^(.*\/([^/]+)\.plugin\.zsh)$/],
];

export interface Plugin {
  readonly name: string;
  readonly manager: string;
  readonly source: string;
  definitions: number;
}

/** The plugins a shell's definitions come from, told by the files they stand in. */
export async function pluginsOf(definitions: DefinitionService, shellId: string, signal?: AbortSignal): Promise<Plugin[]> {
  const found = new Map<string, Plugin>();
  for await (const { file } of definitions.read({ shellId }, signal)) {
    if (file === null) continue;
    for (const [manager, layout] of LAYOUTS) {
      const [, source, name] = layout.exec(file) ?? [];
      if (source === undefined || name === undefined) continue;
      const plugin = found.get(source) ?? { name, manager, source, definitions: 0 };
      plugin.definitions++;
      found.set(source, plugin);
      break;
    }
  }
  return [...found.values()].toSorted((a, b) => (a.source < b.source ? -1 : 1));
}
