/** A mesh for examples: its keys are those of the first test of RFC 8032, and no broker is where it says. */
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const CONFIG = {
  version: 1,
  displayName: 'ada',
  meshes: [
    {
      meshId: 'example-mesh',
      memberId: 'example-member',
      slug: 'example',
      name: 'Example',
      pubkey: PUBLIC_KEY,
      secretKey: `9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60${PUBLIC_KEY}`,
      brokerUrl: 'ws://127.0.0.1:9/ws',
      joinedAt: '2026-01-31T12:00:00Z',
    },
  ],
};

export const EXAMPLE_CONFIG: Record<string, unknown> = CONFIG;
/** The public key of the second test of RFC 8032. */
export const EXAMPLE_KEY = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
export const EXAMPLE_MESH = 'example';
export const JOINED = { op: 'mesh_import', input: { config: EXAMPLE_CONFIG } } as const;
export const sent = (key: string) =>
  ({ op: 'mesh_send', input: { mesh: EXAMPLE_MESH, to: EXAMPLE_KEY, message: 'the build is green', client_message_id: key } }) as const;

/** A link to the mesh of the examples, signed with that key. */
export const EXAMPLE_LINK =
  'ic://join/eyJ2IjoxLCJtZXNoX2lkIjoiZXhhbXBsZS1tZXNoIiwibWVzaF9zbHVnIjoiZXhhbXBsZSIsImJyb2tlcl91cmwiOiJ3czovLzEyNy4wLjAuMTo5L3dzIiwiZXhwaXJlc19hdCI6MTc2OTg2MDgwMCwibWVzaF9yb290X2tleSI6IkFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUEiLCJyb2xlIjoibWVtYmVyIiwib3duZXJfcHVia2V5IjoiZDc1YTk4MDE4MmIxMGFiN2Q1NGJmZWQzYzk2NDA3M2EwZWUxNzJmM2RhYTYyMzI1YWYwMjFhNjhmNzA3NTExYSIsInNpZ25hdHVyZSI6IjE0YjNhMzFjNDUyZWI5MTE5ZTZkZWFlZjQzZTk3YmM3Y2NlZTk0MDBhYWE1MWQzMzNlNjY0MWMzOWQ1NGU3ODg2NjYzYTRiZTMzMTU5OTUxZmJkODM0ZDBiNmZhNTMyYmEyM2M5N2RjNzYzZDJkZDVjNmIxYWFiYTRkYzBjNzBjIn0';
