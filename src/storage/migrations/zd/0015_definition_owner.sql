-- Under which name the records of a shell lie in `definition`, where that is not the shell's own: many records are written piece by piece under
-- a new name, and hold from the moment that this says so. The name is that of the shell, a character U+0001 and a number.
CREATE TABLE definition_owner (
  shell_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;

-- Names whose records hold for nobody: those that are being written, and those that were replaced and are yet to be removed.
CREATE TABLE definition_hidden (
  owner TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
