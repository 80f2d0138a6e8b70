import type { Tool } from '@modelcontextprotocol/server';
import { grants, type Caller } from '../../kernel/caller';
import type { Op } from '../../kernel/op';
import type { Registry } from '../../kernel/registry';
import { jsonSchema } from '../json_schema';

/** What one client of the endpoint asked for, beside what the configuration allows everybody. */
export interface Choice {
  /** Areas or ops whose writing tools are offered too; `*` for all. */
  readonly allow: readonly string[];
  /** Areas or ops to which the offer is narrowed; empty for no narrowing. */
  readonly only: readonly string[];
}

/** The ops as tools. A schema is JSON Schema as it stands, so a tool is made once and shared by all answers. */
export class Tools {
  private readonly areaOf = new Map<string, string>();
  private readonly made = new Map<string, Tool>();

  constructor(private readonly registry: Registry) {
    for (const area of registry.areas) for (const op of area.ops) this.areaOf.set(op.name, area.name);
  }

  /** By name, so that a client which keeps the list sees no change where there is none. */
  offered(caller: Caller, choice: Choice): Tool[] {
    return this.registry
      .names()
      .map((name) => this.registry.ops.get(name)!)
      .filter((op) => this.chosen(op, choice) && grants(caller.scopes, op.scope))
      .map((op) => this.tool(op));
  }

  /** Whether a client may call it by its own choice; its token is looked at in dispatch. */
  chosen(op: Op, { allow, only }: Choice): boolean {
    return (only.length === 0 || this.named(op, only)) && (op.effect === 'read' || this.named(op, allow));
  }

  areaNameOf(op: Op): string {
    return this.areaOf.get(op.name)!;
  }

  private named(op: Op, names: readonly string[]): boolean {
    return names.some((name) => name === '*' || name === op.name || name === this.areaOf.get(op.name));
  }

  private tool(op: Op): Tool {
    const known = this.made.get(op.name);
    if (known) return known;
    const tool = {
      name: op.name,
      description: op.description === undefined ? op.summary : `${op.summary}\n${op.description}`,
      inputSchema: jsonSchema(op.input),
      outputSchema: jsonSchema(op.output),
      annotations: {
        readOnlyHint: op.effect === 'read',
        destructiveHint: op.effect === 'destructive',
        openWorldHint: false,
      },
    } as Tool;
    this.made.set(op.name, tool);
    return tool;
  }
}
