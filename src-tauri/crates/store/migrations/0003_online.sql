-- A file that is online: its whole address, sealed. `file_path` is then the address as it may be shown, and the size is 0.
ALTER TABLE manuscripts ADD COLUMN online BLOB;
