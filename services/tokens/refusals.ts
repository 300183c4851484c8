/** What a link answers to those whom it does not let in, each with a code of its own. `about`: the link. */
import type { Target } from "../audit/entry.ts";
import { Problem } from "../problem.ts";

export function linkUnknown(): Problem {
  return new Problem("not-found", "There is no such link. Check that it was copied whole.");
}

export function linkRevoked(about?: Target): Problem {
  return new Problem("link-revoked", "This link has been taken back. Ask whoever sent it for a new one.", {
    about,
  });
}

export function linkExpired(about?: Target): Problem {
  return new Problem("link-expired", "The time of this link is over. Ask whoever sent it for a new one.", {
    about,
  });
}

export function linkUsedUp(about?: Target): Problem {
  return new Problem(
    "link-used-up",
    "This link has been used as often as it may be. Ask whoever sent it for a new one.",
    { about },
  );
}

export function linkWrongUser(about?: Target): Problem {
  return new Problem(
    "link-wrong-user",
    "This link is for one person, who must be signed in. Sign in as that person and open it again.",
    { about },
  );
}

export function linkWrongAddress(about?: Target): Problem {
  return new Problem(
    "link-wrong-address",
    "This link only works from another network. Open it there, or ask whoever sent it for a new one.",
    { about },
  );
}

export function linkFileDeleted(about?: Target): Problem {
  return new Problem(
    "link-file-deleted",
    "The file of this link is in the recycle bin. The link works again once its owner has restored the file.",
    { about },
  );
}

export function tooManyTokens(most: number): Problem {
  return new Problem(
    "too-many-tokens",
    `A file can have ${most} links. Those that ended are forgotten some days later.`,
    { extra: { maxTokens: most } },
  );
}
