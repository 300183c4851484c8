/** Refusals in words for people, by their code. Codes that are missing here are told in the server's own words. */
import type { Format } from "./format.ts";

/** What a refusal carries: members of the problem document, as far as they are what they should be. */
export interface ProblemFacts {
  number(name: string): number | null;
  text(name: string): string | null;
  list(name: string): string[] | null;
  /** The kind of file that it is about, in words; null when it is about any file. */
  kind: string | null;
  /** When trying again makes sense, ms since 1970; null when the server did not say. */
  retryAt: number | null;
}

export type ProblemText = (facts: ProblemFacts, format: Format) => string;

const again = ({ retryAt }: ProblemFacts, format: Format) =>
  retryAt === null ? "Try again later." : `Goes on at ${format.clock(retryAt)}.`;

const amount = (before: string, bytes: number | null, format: Format) =>
  bytes === null ? "" : before + format.bytes(bytes);

export const englishProblems = {
  "network": () => "The server cannot be reached. What has arrived is safe.",
  "stalled": () => "The connection is too slow or has stopped. What has arrived is safe.",
  "unexpected-answer": () =>
    "Something between here and the server answers in its place. Try again, or ask who runs the network.",
  "source-changed": () => "The file was changed while it was being sent. Send it again.",
  "source-unreadable": () =>
    "The file cannot be read any more: it was moved, changed or deleted. Choose it again.",
  "content-differs": () => "This is not the file that was begun: their contents differ.",
  "unauthenticated": () => "You are not signed in.",
  "token-invalid": () => "This sign-in link is not valid. Ask for a new one.",
  "token-expired": () => "This sign-in link has expired. Ask for a new one.",
  "cross-site": () => "The browser says that another site asked for this. Open this page by its own address.",
  "forbidden": () => "You may not do this.",
  "not-found": () => "It is not there any more, or belongs to somebody else.",
  "file-too-large": (facts, format) => {
    const max = facts.number("maxBytes");
    if (max === null) return "The file is too large.";
    return facts.kind === null
      ? `The file is too large: at most ${format.bytes(max)} are taken.`
      : `The file is too large: “${facts.kind}” takes up to ${format.bytes(max)}.`;
  },
  "type-not-allowed": (facts) => {
    const allowed = facts.list("allowedExtensions");
    if (allowed === null) return "This type of file is not taken here.";
    return `“${facts.kind}” takes no such files. Choose another kind above, or a file of ${
      allowed.join(" ")
    }.`;
  },
  "invalid-file-name": (facts) =>
    facts.number("maxBytes") === null
      ? "The server does not take this name. Give the file a simpler one."
      : "The name is too long. Give the file a shorter one.",
  "unknown-business-type": () =>
    "This kind of file does not exist any more. Choose another one and try again.",
  "content-mismatch": () => "The content of the file is not what its name says. Check its extension.",
  "image-too-large": () => "The picture has too many pixels to be taken.",
  "image-unreadable": () => "The picture is damaged: it cannot be read.",
  "image-unsupported": () => "Pictures of this format are not taken as this kind. Save it in another format.",
  "over-daily-limit": (facts, format) =>
    `The file is larger than all that you may send in a day${
      amount(", which is ", facts.number("max"), format)
    }.`,
  "bytes-per-day": (facts, format) => {
    const max = facts.number("max") ?? 0;
    const left = max - (facts.number("used") ?? max);
    if (left > 0) {
      return `It does not fit into what is left of today's ${format.bytes(max)}: ${format.bytes(left)}. ${
        again(facts, format)
      }`;
    }
    return `You have sent as much as you may today${amount(": ", facts.number("max"), format)}. ${
      again(facts, format)
    }`;
  },
  "uploads-at-once": (facts) => {
    const max = facts.number("max");
    return max === null
      ? "No more of your files may be sent at once. Waits."
      : `At most ${max} of your files may be sent at once. Waits.`;
  },
  "uploads-per-minute": (facts, format) => {
    const max = facts.number("max");
    const rule = max === null
      ? "No more new files may be begun in this minute."
      : `At most ${max} new files may be begun in a minute.`;
    return `${rule} ${again(facts, format)}`;
  },
  "disk-full": () => "The server's storage is full. What has arrived is safe; tell who runs the server.",
  "storage-unavailable": () => "The server's storage does not answer. What has arrived is safe.",
  "busy": () => "The server is very busy.",
  "stopping": () => "The server is being restarted.",
  "upload-expired": () =>
    "This upload was left alone for too long, and what had arrived was removed. Send the file again.",
  "upload-cancelled": () => "This upload was cancelled in another place. Send the file again.",
  "upload-failed": () => "What arrived was not the file that was announced. Send it again.",
  "digest-mismatch": () => "What arrived was damaged on its way. Send it again.",
  "sessions-disabled": () => "This server does not take files in parts, so that this page cannot send any.",
  "attachment-state": () => "This file is in the recycle bin. Restore it first.",
  "blob-missing": () => "The server has lost the bytes of this file. Tell who runs the server.",
  "issuer-unavailable": () => "The sign-in service does not answer. Try again in a moment.",
  "internal": () => "Something went wrong at the server.",
} satisfies Record<string, ProblemText>;

export type ProblemTexts = Record<keyof typeof englishProblems, ProblemText>;
