/** Signing in and out in the audit: neither changes a record, so that the entry is the whole commit. */
import type { Records } from "../records/records.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./entry.ts";

export interface SessionEvent {
  actor: Actor & { id: string };
  action: "session.sign-in" | "session.sign-out";
  /** How they proved who they are: a token of ours, or the issuer. */
  by?: "token" | "issuer";
}

/** Resolves when the entry is stored, so that nobody is let in without one. */
export type NoteSession = (event: SessionEvent) => Promise<void>;

export function sessionNotes({ records, audit }: { records: Records; audit: Audit }): NoteSession {
  return ({ actor, action, by }) =>
    records.transact((commit) => {
      audit.add(commit, {
        actor,
        action,
        target: { kind: "session", id: actor.id },
        detail: by === undefined ? {} : { by },
      });
      return Promise.resolve();
    });
}
