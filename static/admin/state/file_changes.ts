/** What administrators do to files of others, many at once, with what they are told about it. */
import type { Attachment } from "../../../client/mod.ts";
import type { Calls } from "../../state/calls.ts";
import { adminProblem } from "../words/admin_words.ts";
import type { Say } from "./admin_state.ts";
import type { Paged } from "./paged.ts";

export interface FileChanges {
  /** Into their owners' recycle bins. */
  remove(files: readonly Attachment[]): Promise<void>;
  restore(files: readonly Attachment[]): Promise<void>;
  /** For good. */
  purge(files: readonly Attachment[]): Promise<void>;
}

export interface FileChangesOptions {
  pawl: Pick<Calls, "attachments">;
  /** Where they are shown. */
  lists: readonly Paged<Attachment>[];
  say: Say;
  onError(error: unknown): void;
}

type Done = "deleted" | "restored" | "purged";

export function createFileChanges({ pawl, lists, say, onError }: FileChangesOptions): FileChanges {
  async function change(
    files: readonly Attachment[],
    done: Done,
    work: (ids: string[]) => Promise<readonly boolean[]>,
  ) {
    try {
      const results = await work(files.map(({ id }) => id));
      const gone = new Set(files.filter((_, index) => results[index]).map(({ id }) => id));
      for (const list of lists) {
        list.drop(gone);
        list.now();
      }
      const failed = files.length - gone.size;
      say(({ a: { lists: { files } } }) =>
        failed > 0 ? files.some(gone.size, failed) : files[done](gone.size)
      );
    } catch (error) {
      onError(error);
      say((words) => adminProblem(words, error));
    }
  }
  const { deleteMany, restoreMany } = pawl.attachments;
  return {
    remove: (files) =>
      change(files, "deleted", async (ids) => (await deleteMany(ids)).map(({ deleted }) => deleted)),
    restore: (files) =>
      change(files, "restored", async (ids) => (await restoreMany(ids)).map(({ restored }) => restored)),
    purge: (files) =>
      change(
        files,
        "purged",
        async (ids) => (await deleteMany(ids, { permanent: true })).map(({ deleted }) => deleted),
      ),
  };
}
