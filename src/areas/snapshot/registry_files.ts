/** What lies under a tag in a registry. */
export const SNAPSHOT_FILE = 'snapshot.jsonl.zst';
export const SIGNATURE_FILE = `${SNAPSHOT_FILE}.sig`;
export const MANIFEST_FILE = 'manifest.json';
