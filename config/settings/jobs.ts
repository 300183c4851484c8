/** What runs by the clock, and how long it lets things be. */
import { setting } from "../setting.ts";
import * as kind from "../values.ts";

export const JOBS = {
  "jobs.softDeleted.retentionDays": setting({
    group: "Operation",
    key: "jobs.softDeleted.retentionDays",
    ...kind.integer(1, 3650),
    unit: "days",
    default: 30,
    description: "Time for which their owners can restore deleted files.",
  }),
  "jobs.recycleBin.retentionDays": setting({
    group: "Operation",
    key: "jobs.recycleBin.retentionDays",
    ...kind.integer(1, 3650),
    unit: "days",
    default: 90,
    description: "Time after that for which administrators can restore them; then they are gone.",
  }),
};
