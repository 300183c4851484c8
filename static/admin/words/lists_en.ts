/** What the page says of uploads, files and links. */

const counted = (one: string, many: string) => (count: number, more: boolean) => {
  const text = count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${many}`;
  return more ? `${text} and more` : text;
};
const files = (count: number) => count === 1 ? "1 file" : `${count.toLocaleString("en")} files`;

export const englishLists = {
  owner: "Owner",
  ownerHint: "Id of a person",
  onlyOwner: (owner: string) => `Only what belongs to ${owner}`,
  search: "Search by name",
  all: "Show all",
  foundNone: "Nothing matches",
  foundNoneText: "Try a shorter part of the name, or another owner.",
  foundNoneYet: "Nothing found yet; not everything has been looked at.",
  history: "What happened to it",
  counts: {
    entries: counted("entry", "entries"),
    uploads: counted("upload", "uploads"),
    files: counted("file", "files"),
    links: counted("link", "links"),
    people: counted("person", "people"),
  },
  uploads: {
    about: "Uploads that have begun and not ended, of all people. The list follows them as they go on.",
    none: "Nobody is uploading",
    noneText: "Uploads appear here as soon as they begin.",
    progress: (percent: string, done: string, all: string) => `${percent} · ${done} of ${all}`,
    unsized: (done: string) => `${done} so far, of unknown size`,
    speed: (size: string) => `${size}/s`,
    active: "Receiving",
    completing: "Being finished",
    part: "Part",
    silent: (time: string) => `last progress ${time}`,
    begun: (time: string) => `begun ${time}`,
    until: (time: string) => `expires ${time}`,
    cancel: "Cancel",
    cancelNamed: (name: string) => `Cancel the upload of ${name}`,
    cancelTitle: (name: string) => `Cancel the upload of “${name}”?`,
    cancelText: (owner: string) =>
      `What has arrived is thrown away, and ${owner} is told that the upload was cancelled.`,
    cancelYes: "Cancel the upload",
    keep: "Let it go on",
    cancelled: (name: string) => `The upload of “${name}” is cancelled.`,
  },
  files: {
    about: "Files of all people, the newest first.",
    binAbout: "Files that were deleted, of all people, the last first.",
    states: { deleted: "Deleted", binned: "Hidden from owners" },
    stateAbout: {
      deleted: "Their owners see them in their recycle bins and can restore them.",
      binned: "Their owners do not see them any more; you can still restore them.",
    },
    views: "Which files",
    none: "Nothing is stored yet",
    noneText: "Files that people send appear here.",
    noneDeleted: "Nobody's recycle bin has anything in it",
    noneDeletedText: "What people delete stays here for a while, then it is hidden from them.",
    noneBinned: "Nothing is hidden",
    noneBinnedText: "What has been deleted for long comes here before it is gone for good.",
    stored: (time: string) => `stored ${time}`,
    deletedAt: (time: string) => `deleted ${time}`,
    hiddenAt: (time: string) => `hidden ${time}`,
    deleteTitle: (count: number) => `Delete ${files(count)}?`,
    deleteYes: "Delete",
    deleteText: "They go into their owners' recycle bins, where they can be restored for a while.",
    purgeTitle: (count: number) => `Delete ${files(count)} for good?`,
    purgeYes: "Delete for good",
    purgeText: "Nobody can restore them after that, and links to them end.",
    deleted: (count: number) => `${files(count)} deleted.`,
    restored: (count: number) => `${files(count)} restored.`,
    purged: (count: number) => `${files(count)} gone for good.`,
    some: (done: number, failed: number) => `${done.toLocaleString("en")} done, ${failed} could not be.`,
    belongsTo: "Belongs to",
    ownerSees: "Who can open it",
    visibilities: {
      private: "Its owner",
      users: "Anybody signed in",
      public: "Anybody with the link",
    },
    deletedFact: "Deleted",
    hiddenFact: "Hidden",
    identity: "Id",
  },
  links: {
    about:
      "Links by which people without an account download a file. The link itself is shown to nobody again.",
    states: { active: "Active", ended: "Ended" },
    views: "Which links",
    none: "No link lets anybody in",
    noneText: "Links that people make to their files appear here.",
    noneEnded: "No link has ended lately",
    noneEndedText: "Links stay here for some days after their end.",
    fileGone: "The file is gone for good",
    status: { active: "Active", exhausted: "Used up", expired: "Expired", revoked: "Revoked" },
    begins: (preview: string) => `begins with ${preview}`,
    /** `max` is 0 for any number. */
    uses: (used: number, max: number) => {
      const downloads = (count: number) =>
        count === 1 ? "1 download" : `${count.toLocaleString("en")} downloads`;
      return max === 0
        ? `${downloads(used)}, any number allowed`
        : `${used.toLocaleString("en")} of ${downloads(max)}`;
    },
    madeBy: (owner: string, time: string) => `made by ${owner} ${time}`,
    until: (time: string) => `ends ${time}`,
    endedAt: (time: string) => `ended ${time}`,
    onlyUser: (user: string) => `only for ${user}`,
    onlyFrom: (address: string) => `only from ${address}`,
    lastUsed: (time: string) => `last used ${time}`,
    revoke: "Revoke",
    revokeNamed: (name: string, preview: string) => `Revoke the link to ${name} that begins with ${preview}`,
    revokeTitle: (name: string) => `Revoke this link to “${name}”?`,
    revokeText: "It lets nobody in any more, and downloads by it that are under way break off.",
    keep: "Keep it",
    revoked: (name: string) => `The link to “${name}” is revoked.`,
  },
};

export type ListMessages = typeof englishLists;
