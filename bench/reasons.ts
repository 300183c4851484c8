/** What the goals mean, and why some are not reached: said below the table when they are not. */

export const POSSIBLE =
  "*Possible* is what a floor reaches that was measured in the same run, on the same runtime and for the same clients: " +
  "the least that must be done, without accounts, conditions, limits and audit. For large uploads the bare loop behind " +
  "a socket, which hashes once, writes and syncs; for small ones and for downloads the bare servers. *Equal guarantees* " +
  "is the same `@tus/server` with the digests and syncs that Pawl's answers stand for.";

export const REASONS = {
  bareLoop:
    "**0.6 times the speed of the bare loop.** That one hashes once and has no network. In chunks with digests of their " +
    "own Pawl hashes twice, the chunk and the file; *with both digests* is the loop that does so too.",
  twiceTus:
    "**Twice the speed of @tus/server for large files.** It neither hashes nor syncs, and takes bytes from a " +
    "socket nearly as fast as the bare loop does, which hashes and syncs and does nothing else: *possible* is below 2.",
  equalTus:
    "**Twice the speed of @tus/server with equal guarantees for large files.** Both compute the same digests, which " +
    "are most of the work, with the same native code.",
  smallFiles:
    "**Twice the speed of @tus/server for small files.** It writes two files and syncs nothing. Behind Pawl's answer " +
    "stand a file and its sync, a share in the sync of its folder, and a share in a commit that is synced: the file's " +
    "record, four indexes, the session, and the audit. The bare server with one record stays below 2 as well.",
  nginx:
    "**0.9 times the speed of nginx from memory.** nginx lets the kernel send from the page cache (`sendfile`) and " +
    "copies nothing; the runtime has no such call. *Possible* is what a server reaches there that reads and sends, and " +
    "does nothing else. Where a client writes what it gets to a disk, less of the difference is left, and often none.",
};
