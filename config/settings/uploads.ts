/** Sessions, chunks, and what files may be. */
import { businessTypes } from "../business_types.ts";
import { setting } from "../setting.ts";
import * as kind from "../values.ts";

const KIB = 2 ** 10;
const GIB = 2 ** 30;

export const UPLOADS = {
  "chunks.default": setting({
    group: "Uploads",
    key: "chunks.default",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "2 MiB",
    description: "Chunk size of an upload whose client asks for none.",
  }),
  "chunks.min": setting({
    group: "Uploads",
    key: "chunks.min",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "256 KiB",
    description: "Smallest chunk, but for one that ends at the end of the file or of a recorded range.",
  }),
  "chunks.max": setting({
    group: "Uploads",
    key: "chunks.max",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "10 MiB",
    description: "Largest chunk.",
  }),
  "sessions.enabled": setting({
    group: "Uploads",
    key: "sessions.enabled",
    ...kind.boolean("true or false"),
    default: true,
    description: "Whether resumable upload sessions may be opened.",
  }),
  "sessions.expireHours": setting({
    group: "Uploads",
    key: "sessions.expireHours",
    ...kind.integer(1, 8760),
    unit: "hours",
    default: 24,
    description: "Time after its last progress when an unfinished upload expires.",
  }),
  "sessions.keepEndedDays": setting({
    group: "Uploads",
    key: "sessions.keepEndedDays",
    ...kind.integer(1, 365),
    unit: "days",
    default: 7,
    description: "Time for which an ended upload still tells how it ended.",
  }),
  "uploads.idleSeconds": setting({
    group: "Uploads",
    key: "uploads.idleSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 30,
    description: "Silence after which a request body is ended; what counted stays.",
  }),
  "uploads.takeoverSeconds": setting({
    group: "Uploads",
    key: "uploads.takeoverSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 5,
    description: "Silence after which a newer request may take over a range.",
  }),
  "uploads.answerSeconds": setting({
    group: "Uploads",
    key: "uploads.answerSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 10,
    description: "Time after which `complete` answers 202 and goes on in the background.",
  }),
  "businessTypes": setting({
    group: "Uploads",
    key: "businessTypes",
    ...businessTypes(),
    default: {},
    defaultText: "the built-in business types",
    description: "What each business type allows; changes the built-in ones and adds others.",
  }),
};
