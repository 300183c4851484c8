/** What each user may upload; administrators are exempt. */
import { setting } from "../setting.ts";
import * as kind from "../values.ts";

const TIB = 2 ** 40;

export const LIMITS = {
  "limits.uploadsAtOnce": setting({
    group: "Limits",
    key: "limits.uploadsAtOnce",
    // All of them are in one record, whose value stays below 64 KiB.
    ...kind.integer(0, 500),
    unit: "uploads",
    default: 5,
    description: "Uploads of one user that may run at once; 0 for any number.",
  }),
  "limits.uploadsPerMinute": setting({
    group: "Limits",
    key: "limits.uploadsPerMinute",
    ...kind.integer(0, 1000),
    unit: "uploads",
    default: 20,
    description: "New uploads of one user in any 60 seconds; 0 for any number.",
  }),
  "limits.bytesPerDay": setting({
    group: "Limits",
    key: "limits.bytesPerDay",
    ...kind.bytes(0, 1024 * TIB),
    unit: "bytes",
    default: "100 MiB",
    description: "Bytes that one user may upload in a day (UTC); 0 for any number.",
  }),
};
