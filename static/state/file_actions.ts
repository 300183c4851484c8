/** What people do to stored files, with what they are told about it and the way back where there is one. */
import type { Attachment, AttachmentChange, Pawl, Visibility } from "../../client/mod.ts";
import { problemText, type Words } from "../i18n/words.ts";
import type { FileList } from "./file_list.ts";
import type { Toasts } from "./toasts.ts";

export interface FileActions {
  /** Into the recycle bin. */
  remove(attachments: readonly Attachment[]): Promise<void>;
  restore(attachments: readonly Attachment[]): Promise<void>;
  /** Throws what the server says, for the form to show. */
  rename(attachment: Attachment, fileName: string): Promise<void>;
  /** For good. */
  purge(attachments: readonly Attachment[]): Promise<void>;
  setVisibility(attachment: Attachment, visibility: Visibility): Promise<void>;
  copyLink(attachment: Attachment): Promise<void>;
  /** All of them as one file. */
  zip(attachments: readonly Attachment[]): Promise<void>;
}

export interface FileActionsOptions {
  pawl: Pick<Pawl, "attachments" | "baseUrl" | "request">;
  list: FileList;
  toasts: Toasts;
  onError(error: unknown): void;
}

type Told = (words: Words) => string;

/** Requests at once for what has no batch in the API. */
const AT_ONCE = 4;

export function createFileActions({ pawl, list, toasts, onError }: FileActionsOptions): FileActions {
  const ids = (attachments: readonly Attachment[]) => new Set(attachments.map(({ id }) => id));

  const told = (error: unknown) => {
    onError(error);
    toasts.show({ text: (words) => problemText(words, error) });
  };

  /** Does `work` to each; gives those for which it worked and the first error. */
  async function forEach(
    attachments: readonly Attachment[],
    work: (attachment: Attachment) => Promise<void>,
  ) {
    const worked: Attachment[] = [];
    let error: unknown = null;
    const queue = [...attachments];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        try {
          await work(next);
          worked.push(next);
        } catch (reason) {
          error ??= reason;
        }
      }
    }));
    return { worked, error };
  }

  async function removeOne(attachments: readonly Attachment[]) {
    if (attachments.length === 1) {
      await pawl.attachments.delete(attachments[0]!.id);
      return { worked: attachments, failed: 0 };
    }
    const results = await pawl.attachments.deleteMany(attachments.map(({ id }) => id));
    const worked = attachments.filter((_, index) => results[index]?.deleted);
    return { worked, failed: attachments.length - worked.length };
  }

  async function restore(attachments: readonly Attachment[]) {
    const { worked, error } = await forEach(attachments, async ({ id }) => {
      const attachment = await pawl.attachments.restore(id);
      list.drop(new Set([id]));
      list.insert(attachment);
    });
    const [first] = worked;
    if (!first) return told(error);
    const failed = attachments.length - worked.length;
    toasts.show({
      text: someOf(worked, { failed, one: "restored", many: "restoredMany", some: "restoredSome" }),
    });
  }

  async function change(attachment: Attachment, values: AttachmentChange) {
    list.replace(await pawl.attachments.change(attachment.id, values));
  }

  return {
    restore,
    async remove(attachments) {
      try {
        const { worked, failed } = await removeOne(attachments);
        list.drop(ids(worked));
        toasts.show({
          text: someOf(worked, { failed, one: "deleted", many: "deletedMany", some: "deletedSome" }),
          ...(worked.length > 0 ? { undo: () => void restore(worked) } : {}),
        });
      } catch (error) {
        told(error);
      }
    },
    async purge(attachments) {
      const { worked, error } = await forEach(
        attachments,
        ({ id }) => pawl.attachments.delete(id, { permanent: true }),
      );
      list.drop(ids(worked));
      if (worked.length === 0) return told(error);
      const failed = attachments.length - worked.length;
      toasts.show({
        text: someOf(worked, { failed, one: "purged", many: "purgedMany", some: "purgedSome" }),
      });
    },
    async rename(attachment, fileName) {
      await change(attachment, { fileName });
      toasts.show({ text: ({ m }) => m.done.renamed(fileName) });
    },
    async setVisibility(attachment, visibility) {
      try {
        await change(attachment, { visibility });
        toasts.show({ text: ({ m }) => m.preview.visibilityChanged[visibility] });
      } catch (error) {
        told(error);
      }
    },
    async zip(attachments) {
      try {
        const ids = attachments.map(({ id }) => id);
        const { url } = await pawl.request<{ url: string }>("POST", "api/v1/archives", { json: { ids } });
        // Comes as a file to be saved, so that the page stays.
        location.assign(new URL(url, pawl.baseUrl));
      } catch (error) {
        told(error);
      }
    },
    async copyLink({ url, visibility }) {
      const link = new URL(url, pawl.baseUrl).href;
      try {
        // Missing on plain http to another machine.
        await navigator.clipboard.writeText(link);
        toasts.show({ text: ({ m }) => m.done.linkCopied[visibility] });
      } catch {
        toasts.show({ text: ({ m }) => m.done.cannotCopy, copy: link });
      }
    },
  };
}

type Sentences = Words["m"]["done"];

function someOf(
  worked: readonly Attachment[],
  { failed, one, many, some }: {
    failed: number;
    one: "deleted" | "restored" | "purged";
    many: "deletedMany" | "restoredMany" | "purgedMany";
    some: "deletedSome" | "restoredSome" | "purgedSome";
  },
): Told {
  return ({ m: { done } }: { m: { done: Sentences } }) => {
    if (failed > 0) return done[some](worked.length, failed);
    return worked.length === 1 ? done[one](worked[0]!.fileName) : done[many](worked.length);
  };
}
