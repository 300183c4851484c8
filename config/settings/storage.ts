/** Where records and bytes lie, and how. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const STORAGE = {
  "configFile": optional({
    group: "Storage",
    env: "PAWL_CONFIG",
    ...kind.path(),
    defaultText: "./pawl.json, if it exists",
    description: "The file with the settings that have a key.",
  }),
  "dataDir": setting({
    group: "Storage",
    env: "PAWL_DATA_DIR",
    ...kind.path(),
    default: "./data",
    description: "Folder for records, files and the local secret; one process owns it.",
  }),
  "tempDir": optional({
    group: "Storage",
    env: "PAWL_TEMP_DIR",
    ...kind.path(),
    defaultText: "tmp in PAWL_DATA_DIR",
    description: "Folder for scratch files, which are removed from it when they are old.",
  }),
  "dedupe.enabled": setting({
    group: "Storage",
    key: "dedupe.enabled",
    ...kind.boolean("true or false"),
    default: true,
    description: "Whether equal content is stored once.",
  }),
  "blobs.graceMinutes": setting({
    group: "Storage",
    key: "blobs.graceMinutes",
    ...kind.integer(1, 10080),
    unit: "minutes",
    default: 10,
    description: "Time for which bytes that nothing refers to wait before they are removed.",
  }),
};
