/**
 * Who may do what: the one policy, asked for every verb in every dialect. Anything it does not name is refused.
 * Pure; where a record comes from and what state it is in otherwise is the services' matter.
 */
import type { DownloadAccessRule } from "../config/config.ts";
import { unauthenticated } from "./access/refusals.ts";
import type { Caller, Visibility } from "./model.ts";
import { Problem } from "./problem.ts";

type Audience = DownloadAccessRule["for"];

interface Owned {
  ownerId: string;
}

interface Kept extends Owned {
  /** Ms since 1970 when the recycle bin hid it from its owner; null or absent: it is not hidden. */
  binnedAt?: number | null;
}

interface Shared extends Kept {
  visibility: Visibility;
  /** Ms since 1970 when it was put into the recycle bin; null: it is live. */
  deletedAt: number | null;
}

/** What each action is done to. */
interface Subjects {
  /** Open sessions, upload files and list one's own. */
  "upload.open": Record<never, never>;
  /** The session, its chunks and its offset. */
  "upload.see": Owned;
  /** Write chunks, complete. Only the owner: an administrator's bytes would be counted and audited as the owner's. */
  "upload.write": Owned;
  "upload.cancel": Owned;
  /** Metadata, content and whatever is made of it, in every form. */
  "attachment.read": Shared;
  /** Rename, associate, change the visibility. */
  "attachment.change": Kept;
  "attachment.delete": Kept;
  "attachment.restore": Kept;
  "attachment.purge": Kept;
  /** Make and list temporary access tokens. */
  "attachment.share": Kept;
  /** Of the token's attachment. */
  "token.revoke": Owned;
  /** Of a kept one, and each file in it by `attachment.read`. */
  "archive.read": Owned;
  /** A file or a folder of the downloads folder. */
  "download.see": { audience: Audience };
  /** Everything below `/api/v1/admin`. */
  "admin": Record<never, never>;
}

export type Action = keyof Subjects;
export type Subject<A extends Action> = Subjects[A];

type Rule<S> = (caller: Caller | null, subject: S) => boolean;

const signedIn: Rule<unknown> = (caller) => caller !== null;
const owner: Rule<Owned> = (caller, subject) => caller !== null && caller.id === subject.ownerId;
const admin: Rule<unknown> = (caller) => caller?.role === "admin";
const ownerOrAdmin: Rule<Owned> = (caller, subject) => caller?.role === "admin" || owner(caller, subject);

/** What the recycle bin has hidden from its owner is for administrators alone. */
const keeper: Rule<Kept> = (caller, subject) =>
  (subject.binnedAt ?? null) === null ? ownerOrAdmin(caller, subject) : admin(caller, subject);

/** What visibility grants ends with the soft delete. */
const reader: Rule<Shared> = (caller, subject) => {
  if (keeper(caller, subject)) return true;
  if (subject.deletedAt !== null) return false;
  switch (subject.visibility) {
    case "public":
      return true;
    case "users":
      return caller !== null;
    default:
      return false;
  }
};

const RULES: { readonly [A in Action]: Rule<Subjects[A]> } = {
  "upload.open": signedIn,
  "upload.see": ownerOrAdmin,
  "upload.write": owner,
  "upload.cancel": ownerOrAdmin,
  "attachment.read": reader,
  "attachment.change": keeper,
  "attachment.delete": keeper,
  "attachment.restore": keeper,
  "attachment.purge": keeper,
  "attachment.share": keeper,
  "token.revoke": ownerOrAdmin,
  "archive.read": ownerOrAdmin,
  "download.see": (caller, { audience }) =>
    audience === "public" || (audience === "users" ? caller !== null : caller?.role === "admin"),
  "admin": admin,
};

/** Decides. Never throws: an action without a rule is refused. */
export function allows<A extends Action>(caller: Caller | null, action: A, subject: Subject<A>): boolean {
  return Object.hasOwn(RULES, action) && RULES[action](caller, subject);
}

/**
 * Returns `subject` when the caller may do `action` to it. Otherwise, and for a subject that does not exist
 * (null), throws what tells a stranger nothing: `Problem` `unauthenticated` for the anonymous, `not-found` for
 * everybody else.
 */
export function permitted<A extends Action, S extends Subject<A>>(
  caller: Caller | null,
  action: A,
  subject: S | null,
): S {
  if (subject !== null && allows(caller, action, subject)) return subject;
  throw refusal(caller);
}

/** What a caller is told about something that they may not have, or that is not there. */
export function refusal(caller: Caller | null): Problem {
  if (caller === null) return unauthenticated();
  return new Problem(
    "not-found",
    "There is nothing here for you: it does not exist, is gone, or belongs to somebody else.",
  );
}

/** For what only administrators do. That it exists is no secret, so that others are told the reason. */
export function requireAdmin(caller: Caller | null): Caller {
  if (caller !== null && allows(caller, "admin", {})) return caller;
  if (caller === null) throw unauthenticated();
  throw new Problem("forbidden", "Only administrators may do this. Sign in as one, or ask one.");
}
