-- The newest id whose words are in the full-text index: it takes many entries at once. There is no entry above it before this.
ALTER TABLE history_total ADD COLUMN indexed_to INTEGER NOT NULL DEFAULT 0;
UPDATE history_total SET indexed_to = next_id - 1;
