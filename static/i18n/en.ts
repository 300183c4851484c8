/** All sentences of the pages. Other languages have the same shape, so that what is missing in one does not compile. */
import { englishProblems, type ProblemTexts } from "./problems_en.ts";

const files = (count: number) => count === 1 ? "1 file" : `${count.toLocaleString("en")} files`;

export const english = {
  skipTo: { files: "Skip to the files", admin: "Skip to the content" },
  close: "Close",
  cancel: "Cancel",
  tryAgain: "Try again",
  loading: "Loading",
  undo: "Undo",
  files,
  problems: englishProblems as ProblemTexts,

  /** The kinds that there are without any configuration; others are called by their own name. */
  kinds: {
    General: "Any file",
    Avatar: "Avatar",
    Image: "Picture",
    Document: "Document",
    Video: "Video",
    Audio: "Audio",
  },

  top: {
    language: "Language",
    theme: "Appearance",
    themes: { system: "As the system", light: "Light", dark: "Dark" },
    pages: { files: "Files", admin: "Administration" },
    account: "Account",
    administrator: "Administrator",
    signOut: "Sign out",
    signInIsOff: "Signing in is switched off here",
    api: "API",
  },

  signIn: {
    heading: "Sign in",
    title: "Open your sign-in link",
    about: "Pawl keeps your files, and takes large ones over bad networks without losing ground.",
    how: "A link signs this browser in; there is no password.",
    where: "Where the link comes from",
    terminal: "It stands in the terminal in which the server was started.",
    command: "Whoever runs the server makes one for you with",
    with: (name: string) => `Sign in with ${name}`,
    inNewTab: "Sign in in a new tab, so that what waits here is kept",
    or: "or open your sign-in link",
    /** Why a sign-in at the issuer came to nothing. */
    failures: {
      insecure: "Signing in there works only over https. Open this page by its https address.",
      unreachable: "The sign-in service cannot be reached right now. Try again in a moment.",
      "not-started-here": "That sign-in was not begun in this tab. Begin it here.",
      denied: "You are not signed in: it was cancelled, or the sign-in service refused.",
      failed: "Signing in did not work. Try again; if it stays so, tell who runs the server.",
    },
    expired: "A link works until its time is over. Ask for a new one then.",
    ended: "Your sign-in has ended. Sign in again to go on.",
    kept: (count: number) =>
      count === 1
        ? "1 file of this window waits: keep it open, and it goes on when you are signed in again."
        : `${files(count)} of this window wait: keep it open, and they go on when you are signed in again.`,
  },

  connection: {
    offline: "No connection to the server. What has arrived is safe; everything goes on by itself.",
    unreachableTitle: "The server does not answer",
    unreachable: "Check your connection. This page tries again by itself.",
    crashed:
      "Something went wrong in this page. Files that were on their way can go on after it is loaded again.",
    reload: "Load again",
  },

  drop: {
    title: "Drop files or folders here",
    here: "Let go to send them",
    hint:
      "or paste them. Large ones too: when the connection breaks, what has arrived stays, and the rest follows.",
    compact: "Drop files or folders anywhere, or paste them.",
    chooseFiles: "Choose files",
    chooseFolder: "Choose a folder",
    keepAs: "Kind of file",
    rules: (size: string, extensions: string) =>
      extensions === "" ? `up to ${size}` : `${extensions}, up to ${size}`,
    pastedName: (time: string) => `Pasted ${time}`,
    nothing: "There were no files in that.",
    unreadable: (count: number) =>
      count === 1
        ? "One item could not be read and was left out."
        : `${count} items could not be read and were left out.`,
  },

  queue: {
    title: "On their way",
    finishedTitle: "All sent",
    failedTitle: "Not everything could be sent",
    pauseAll: "Pause all",
    resumeAll: "Go on with all",
    retryAll: "Retry all",
    cancelAll: "Cancel all",
    clear: "Clear finished",
    pause: (name: string) => `Pause ${name}`,
    resume: (name: string) => `Go on with ${name}`,
    retry: (name: string) => `Retry ${name}`,
    cancel: (name: string) => `Cancel ${name}`,
    remove: (name: string) => `Remove ${name} from this list`,
    cancelAllTitle: (count: number) => `Cancel ${files(count)}?`,
    cancelAllText: "What has arrived of them is thrown away.",
    cancelAllYes: "Cancel them",
    keepSending: "Keep sending",
    summary: (done: number, all: number) => `${done.toLocaleString("en")} of ${files(all)}`,
    ofBytes: (done: string, all: string) => `${done} of ${all}`,
    speed: (size: string) => `${size}/s`,
    left: (time: string) => `${time} left`,
    failedCount: (count: number) => `${count.toLocaleString("en")} failed`,
    in: (folder: string) => `in ${folder}`,
    phases: {
      queued: "Waits for its turn",
      preparing: "Reading the file",
      opening: "Asking the server",
      comparing: "Comparing with what is there",
      waiting: "Waiting",
      paused: "Paused",
      finishing: "Finishing",
      done: "Stored",
      instant: "Stored at once: the same content was there already",
    },
    again: (time: string) => `Tries again at ${time}.`,
    reconnecting: "No connection. Goes on by itself.",
    signedOut: "Goes on when you are signed in again.",
    all: "All files",
    list: "Files on their way",
    announce: (done: number, all: number, failed: number) =>
      `${done} of ${files(all)} stored${failed > 0 ? `, ${failed} failed` : ""}.`,
  },

  unfinished: {
    title: "Begun, but not finished",
    text: "What has arrived is safe. Choose a file again, and it goes on where it stopped.",
    state: (percent: string, size: string) => `${percent} of ${size} is here`,
    until: (time: string) => `kept until ${time}`,
    choose: "Choose it again",
    chooseNamed: (name: string) => `Choose it again: ${name}`,
    discard: (name: string) => `Throw away what has arrived of ${name}`,
    discardTitle: (name: string) => `Throw away what has arrived of ${name}?`,
    discardText: "It would have to be sent from the beginning.",
    discardYes: "Throw away",
    keep: "Keep it",
    elsewhere: "Being sent in another window",
    otherSize: (name: string, begun: string, chosen: string) =>
      `That is another file: ${name} has ${begun}, the chosen one ${chosen}.`,
  },

  usage: {
    today: "Uploaded today",
    used: (used: string, max: string) => `Uploaded today: ${used} of ${max}`,
    freeAt: (time: string) => `Room again at ${time}`,
  },

  list: {
    share: "Share…",
    zip: "Download as ZIP",
    title: "Files",
    live: "Files",
    deleted: "Recycle bin",
    views: "Which files",
    search: "Search by name",
    type: "Kind",
    allTypes: "All kinds",
    sort: "Sort by",
    sorts: { created: "Newest", name: "Name", size: "Size" },
    select: (name: string) => `Select ${name}`,
    selected: (count: number) => `${count.toLocaleString("en")} selected`,
    selectAll: "Select all",
    clearSelection: "Clear the selection",
    open: (name: string) => `Show ${name}`,
    download: "Download",
    downloadNamed: (name: string) => `Download ${name}`,
    actions: (name: string) => `More for ${name}`,
    show: "Show",
    copyLink: "Copy link",
    rename: "Rename",
    delete: "Delete",
    restore: "Restore",
    deleteForGood: "Delete for good",
    showMore: "Show more",
    count: (count: number, more: boolean) => more ? `${files(count)} and more` : files(count),
    deletedAt: (time: string) => `Deleted ${time}`,
    empty: "Nothing is stored yet",
    emptyText: "Files that you send appear here.",
    emptyBin: "The recycle bin is empty",
    emptyBinText: "Deleted files stay here for a while and can be restored.",
    emptySearch: "Nothing is called that",
    emptySearchText: "Try a shorter part of the name, or another kind.",
    emptyKind: "Nothing of this kind is here",
    emptyKindText: "Try another kind.",
    clearFilters: "Show all files",
    failed: (why: string) => `The list cannot be shown. ${why}`,
    found: (count: number, more: boolean) => `${more ? "More than " : ""}${files(count)} found.`,
  },

  done: {
    deleted: (name: string) => `“${name}” is in the recycle bin.`,
    deletedMany: (count: number) => `${files(count)} are in the recycle bin.`,
    deletedSome: (count: number, failed: number) => `${files(count)} deleted, ${failed} could not be.`,
    restored: (name: string) => `“${name}” is back.`,
    restoredMany: (count: number) => `${files(count)} are back.`,
    restoredSome: (count: number, failed: number) => `${files(count)} restored, ${failed} could not be.`,
    purged: (name: string) => `“${name}” is gone for good.`,
    purgedMany: (count: number) => `${files(count)} are gone for good.`,
    purgedSome: (count: number, failed: number) =>
      `${files(count)} gone for good, ${failed} could not be deleted.`,
    renamed: (name: string) => `Its name is “${name}” now.`,
    linkCopied: {
      private: "Link copied. Only you can open it.",
      users: "Link copied. Anybody who is signed in can open it.",
      public: "Link copied. Anybody can open it.",
    },
    cannotCopy: "The link cannot be copied here. Copy it from this line:",
    signedOut: "You are signed out.",
  },

  rename: {
    title: "Rename",
    label: "New name",
    save: "Rename",
    empty: "A name needs at least one character.",
  },

  purge: {
    title: (count: number) => count === 1 ? "Delete this file for good?" : `Delete ${files(count)} for good?`,
    text: "They cannot be restored after that.",
    textOne: (name: string) => `“${name}” cannot be restored after that.`,
  },

  preview: {
    label: (name: string) => `Preview of ${name}`,
    previous: "The file before",
    next: "The next file",
    kind: "Kind",
    type: "Type",
    size: "Size",
    stored: "Stored",
    downloads: "Downloads",
    digest: "SHA-256",
    pixels: "Dimensions",
    visibility: "Who can open it",
    visibilities: {
      private: "Only me",
      users: "Anybody signed in",
      public: "Anybody with the link",
    },
    visibilityChanged: {
      private: "Only you can open it now.",
      users: "Anybody who is signed in can open it now.",
      public: "Anybody with the link can open it now.",
    },
    none: "There is no preview for this type",
    noneText: "Download it to open it.",
    broken: "This cannot be shown here",
    brokenText: "Your browser does not know this format, or the file is damaged. Download it to open it.",
    cut: (size: string) => `The first ${size} are shown. Download the file for the rest.`,
    empty: "This file is empty.",
    frame: (name: string) => `Pages of ${name}`,
  },
};

export type Messages = typeof english;
