/** Signing in and out in the audit. */
import type { Records } from "../records/records.ts";
import type { Audit } from "./audit.ts";
import type { Actor } from "./entry.ts";
import { noteAlone } from "./note.ts";

export interface SessionEvent {
  actor: Actor & { id: string };
  action: "session.sign-in" | "session.sign-out";
  /** How they proved who they are: a token of ours, or the issuer. */
  by?: "token" | "issuer";
}

/** Resolves when the entry is stored, so that nobody is let in without one. */
export type NoteSession = (event: SessionEvent) => Promise<void>;

export function sessionNotes(core: { records: Records; audit: Audit }): NoteSession {
  return ({ actor, action, by }) =>
    noteAlone(core, {
      actor,
      action,
      target: { kind: "session", id: actor.id },
      detail: by === undefined ? {} : { by },
    });
}
