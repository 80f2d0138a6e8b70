/** An agent of the configuration. */
export type AgentSpec = AcpAgent | OpenaiAgent;

interface Configured {
  readonly name: string;
  /** Where its sessions work unless they say otherwise: an absolute path; null for the home folder. */
  readonly cwd: string | null;
  /** Folders its sessions must lie in; empty: any. */
  readonly roots: readonly string[];
  /** Programs with arguments, run when a session of it ends. */
  readonly endHooks: readonly (readonly string[])[];
}

/** An agent that speaks the Agent Client Protocol over its standard streams. */
export interface AcpAgent extends Configured {
  readonly driver: 'acp';
  /** Program and arguments, never a shell line. */
  readonly command: readonly string[];
  /** Beside the allow-list of the daemon's own. Values may be secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Which files it may ask zd for: none, or what lies in the folder of its session. */
  readonly fs: 'none' | 'read' | 'write';
  /** Whether it may have zd run programs for it, as jobs. */
  readonly terminal: boolean;
  /** Whether it gets zd as an MCP server: null for no; areas and operations whose writing tools it may use, too. */
  readonly mcp: readonly string[] | null;
}

/** Any endpoint with the chat completions of OpenAI. */
export interface OpenaiAgent extends Configured {
  readonly driver: 'openai';
  readonly base_url: string;
  readonly model: string;
  /** The name of the daemon's variable with the key; null: none is sent. */
  readonly api_key_env: string | null;
  readonly system: string | null;
}
