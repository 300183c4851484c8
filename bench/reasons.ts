/** What the goals mean, and why some are not reached: said below the table when they are not. */

export const POSSIBLE =
  "*Possible* is what a floor reaches that was measured in the same run: for uploads one SHA-256 over the same bytes in " +
  "memory and nothing else, for downloads nginx when it has to read what it sends. *Equal guarantees* is the same " +
  "`@tus/server` with the digests and syncs that Pawl's answers stand for.";

export const REASONS = {
  twiceTus:
    "**Twice the speed of @tus/server for large files.** It neither hashes nor syncs. Pawl knows the SHA-256 of what " +
    "it stored, and the hash of one file cannot be shared out among processors: *possible* is without the network, the " +
    "disk and the records. In chunks with digests of their own Pawl hashes twice.",
  equalTus:
    "**Twice the speed of @tus/server with equal guarantees for large files.** Both compute the same digests, which " +
    "are most of the work, with the same native code.",
  smallFiles:
    "**Twice the speed of @tus/server for small files.** It writes two files and syncs nothing. Behind Pawl's answer " +
    "stand a file and its sync, a share in the sync of its folder, and a share in a commit that is synced: the file's " +
    "record, four indexes, the session, and the audit. The database alone takes a third of the time.",
  nginx:
    "**0.9 times the speed of nginx from memory.** nginx lets the kernel send from the page cache (`sendfile`) and " +
    "copies nothing; the runtime has no such call for a response of which somebody must know how much was sent. Where " +
    "a client writes what it gets to a disk, both are nearly as fast.",
};
