/** Sentences of the administrators' page. Other languages have the same shape, so that what is missing does not compile. */
import { englishAudit } from "./audit_en.ts";
import { englishFigures } from "./figures_en.ts";
import { englishJobs } from "./jobs_en.ts";
import { englishLists } from "./lists_en.ts";

export const english = {
  pageTitle: (section: string, site: string) => `${section} · ${site}`,
  nav: "Sections",
  sections: {
    overview: "Overview",
    uploads: "Uploads",
    files: "Files",
    bin: "Recycle bin",
    links: "Links",
    people: "People",
    storage: "Storage",
    jobs: "Jobs",
    audit: "Audit",
  },
  refused: {
    title: "This page is for administrators",
    text: (name: string) =>
      `You are signed in as ${name}, who is none. Ask an administrator, or sign in as one.`,
    back: "To your files",
  },
  failed: (why: string) => `This cannot be shown. ${why}`,
  stale: (why: string) => `This could not be asked for anew, and may be out of date. ${why}`,
  showMore: "Show more",
  searchOn: "Search on",
  loadingMore: "Loading",
  problems: {
    "job-running": "This job runs already. Wait until it has ended.",
    "forbidden": "Only administrators may do this.",
    "invalid-request": "The server does not understand one of the filters. Change it, or take it away.",
    "upload-ended": "This upload has ended meanwhile.",
  },
  lists: englishLists,
  figures: englishFigures,
  jobs: englishJobs,
  audit: englishAudit,
};

export type AdminMessages = typeof english;
