/** Clients that were written for the systems whose place this server takes; see docs/old-clients.md. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const COMPAT = {
  "compat.orphanHours": setting({
    group: "Old clients",
    key: "compat.orphanHours",
    ...kind.integer(0, 87_600),
    unit: "hours",
    default: 24,
    description: "Time after which a file that came by /api/v1/Attachment or /api/v1/ChunkedUpload and has " +
      "no business id goes into the recycle bin, whatever its type; 0: as its business type says.",
  }),
  "compat.dotnet.actAs": optional({
    group: "Old clients",
    key: "compat.dotnet.actAs",
    ...kind.subject(),
    defaultText: "nobody: they are refused unless PAWL_AUTH is off",
    description:
      "User as whom requests to /api/Upload and /uploads/completed work that say nobody: whoever " +
      "reaches this server can upload and download as that user.",
  }),
};
