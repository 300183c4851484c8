/** What runs by the clock, when, and how long it lets things be. */
import { cronSchedule } from "../cron_schedule.ts";
import { setting } from "../setting.ts";
import * as kind from "../values.ts";

const enabled = (job: string, what: string) =>
  setting({
    group: "Jobs",
    key: `jobs.${job}.enabled`,
    ...kind.boolean("true or false"),
    default: true,
    description: `Whether its schedule ${what}.`,
  });

const schedule = (job: string, fields: string) =>
  setting({
    group: "Jobs",
    key: `jobs.${job}.schedule`,
    ...cronSchedule(),
    default: fields,
    description: "When.",
  });

export const JOBS = {
  "jobs.softDeleted.enabled": enabled("softDeleted", "hides deleted files from their owners"),
  "jobs.softDeleted.schedule": schedule("softDeleted", "0 3 * * *"),
  "jobs.softDeleted.retentionDays": setting({
    group: "Jobs",
    key: "jobs.softDeleted.retentionDays",
    ...kind.integer(1, 3650),
    unit: "days",
    default: 30,
    description: "Time for which their owners can restore deleted files.",
  }),
  "jobs.recycleBin.enabled": enabled("recycleBin", "removes hidden files for good"),
  "jobs.recycleBin.schedule": schedule("recycleBin", "0 4 * * *"),
  "jobs.recycleBin.retentionDays": setting({
    group: "Jobs",
    key: "jobs.recycleBin.retentionDays",
    ...kind.integer(1, 3650),
    unit: "days",
    default: 90,
    description: "Time after that for which administrators can restore them; then they are gone.",
  }),
  "jobs.orphans.enabled": enabled("orphans", "deletes files that belong to nothing but must"),
  "jobs.orphans.schedule": schedule("orphans", "0 5 * * *"),
  "jobs.expiredSessions.enabled": enabled("expiredSessions", "ends uploads without progress"),
  "jobs.expiredSessions.schedule": schedule("expiredSessions", "7 * * * *"),
  "jobs.expiredTokens.enabled": enabled("expiredTokens", "removes links some time after their end"),
  "jobs.expiredTokens.schedule": schedule("expiredTokens", "20 2 * * *"),
  "jobs.expiredTokens.retentionDays": setting({
    group: "Jobs",
    key: "jobs.expiredTokens.retentionDays",
    ...kind.integer(1, 3650),
    unit: "days",
    default: 7,
    description:
      "Time after their end for which links are kept, so that lists and refusals say what became of them.",
  }),
  "jobs.expiredArchives.enabled": enabled("expiredArchives", "removes lists of archives that are over"),
  "jobs.expiredArchives.schedule": schedule("expiredArchives", "23 * * * *"),
  "jobs.auditEntries.enabled": enabled("auditEntries", "removes entries of the audit that are old enough"),
  "jobs.auditEntries.schedule": schedule("auditEntries", "50 2 * * *"),
  "jobs.temporaryFiles.enabled": enabled("temporaryFiles", "removes forgotten temporary files"),
  "jobs.temporaryFiles.schedule": schedule("temporaryFiles", "37 * * * *"),
  "jobs.temporaryFiles.retentionHours": setting({
    group: "Jobs",
    key: "jobs.temporaryFiles.retentionHours",
    ...kind.integer(1, 8760),
    unit: "hours",
    default: 2,
    description: "Time after their last change for which temporary files stay.",
  }),
  "jobs.storedBytes.enabled": enabled("storedBytes", "reads stored bytes again and compares their digests"),
  "jobs.storedBytes.schedule": schedule("storedBytes", "40 1 * * *"),
  "jobs.storedBytes.bytesPerRun": setting({
    group: "Jobs",
    key: "jobs.storedBytes.bytesPerRun",
    ...kind.bytes(1024 ** 2, 1024 ** 5),
    default: "50 GiB",
    description: "How much one run reads at most, about; the next one goes on there.",
  }),
  "jobs.storageReport.enabled": enabled("storageReport", "counts what is stored, and by whom"),
  "jobs.storageReport.schedule": schedule("storageReport", "53 * * * *"),
};
