/** Sentences of the administrators' page. Other languages have the same shape, so that what is missing does not compile. */
import { englishAudit } from "./audit_en.ts";
import { englishJobs } from "./jobs_en.ts";

export const english = {
  title: "Administration",
  pageTitle: (section: string, site: string) => `${section} · ${site}`,
  nav: "Sections",
  sections: {
    jobs: "Jobs",
    audit: "Audit",
  },
  refused: {
    title: "This page is for administrators",
    text: (name: string) =>
      `You are signed in as ${name}, who is none. Ask an administrator, or sign in as one.`,
    back: "To your files",
  },
  failed: "This cannot be shown",
  stale: "This could not be asked for anew, and may be out of date.",
  showMore: "Show more",
  loadingMore: "Loading",
  count: {
    files: (count: number) => count === 1 ? "1 file" : `${count.toLocaleString("en")} files`,
    entries: (count: number, more: boolean) =>
      `${count === 1 ? "1 entry" : `${count.toLocaleString("en")} entries`}${more ? " and more" : ""}`,
  },
  problems: {
    "job-running": "This job runs already. Wait until it has ended.",
    "forbidden": "Only administrators may do this.",
  },
  jobs: englishJobs,
  audit: englishAudit,
};

export type AdminMessages = typeof english;
