/** The client library's hashing thread, as a file of the page's own. */
import "../client/hash_worker.ts";
