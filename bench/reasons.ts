/** Why some goals are not reached, said below the table of goals when they are not. */

export const REASONS = {
  twiceTus:
    "**Twice the speed of @tus/server for large files.** It neither hashes nor syncs. Pawl knows the SHA-256 of what " +
    "it stored, and a hash of one file cannot be shared out among processors: 1 GiB takes 0.6 s here, which is about " +
    "as long as @tus/server needs for everything. In chunks with digests of their own Pawl hashes twice, 1.2 s of " +
    "the two processors.",
  smallFiles:
    "**Twice the speed of @tus/server for small files.** It writes two files and syncs nothing. Behind Pawl's answer " +
    "stand a file and its sync, a share in the sync of its folder, and a share in a commit that is synced: the file's " +
    "record, four indexes, the session, and the audit. The database alone takes a third of the time. Servers and " +
    "clients share two processors, so that twice the speed would leave 0.2 ms of them for each file.",
  nginx:
    "**0.9 times the speed of nginx from memory.** nginx lets the kernel send from the page cache (`sendfile`) and " +
    "copies nothing; the runtime has no such call for a response of which somebody must know how much was sent. Where " +
    "a client writes what it gets to a disk, both are nearly as fast.",
};
