/** The folder whose files are handed out as they lie there. */
import { DEFAULT_DOWNLOAD_TYPES, downloadAccess, downloadPrefix, downloadTypes } from "../download_rules.ts";
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const DOWNLOADS = {
  "downloads.dir": optional({
    group: "Downloads folder",
    env: "PAWL_DOWNLOADS_DIR",
    ...kind.path(),
    description: "Folder whose files /downloads/ hands out; there is none unless this is set.",
  }),
  "downloads.types": setting({
    group: "Downloads folder",
    key: "downloads.types",
    ...downloadTypes(),
    default: { ...DEFAULT_DOWNLOAD_TYPES },
    defaultText: "archives, installers, documents, pictures, media",
    description: "Extensions that are handed out, each with its media type; no other file is there.",
  }),
  "downloads.access": setting({
    group: "Downloads folder",
    key: "downloads.access",
    ...downloadAccess(),
    default: [],
    defaultText: "none: for everybody who is signed in",
    description: "Who may see what: the first rule that fits a file decides.",
  }),
  "downloads.prefix": setting({
    group: "Downloads folder",
    key: "downloads.prefix",
    ...downloadPrefix(),
    default: "",
    defaultText: "none",
    description:
      "Put before the name under which a file is saved; {date}, {time} and {random} are filled in.",
  }),
};
