/** What a link to a file may do that was made without saying so. */
import { setting } from "../setting.ts";
import * as kind from "../values.ts";

export const SHARING = {
  "tokens.validHours": setting({
    group: "Access",
    key: "tokens.validHours",
    ...kind.integer(1, 87_600),
    unit: "hours",
    default: 1,
    description: "Life of a temporary access token whose maker names none.",
  }),
  "tokens.maxValidHours": setting({
    group: "Access",
    key: "tokens.maxValidHours",
    ...kind.integer(1, 87_600),
    unit: "hours",
    default: 8760,
    description: "Longest life of a temporary access token.",
  }),
  "tokens.maxUses": setting({
    group: "Access",
    key: "tokens.maxUses",
    ...kind.integer(0, 1_000_000_000),
    default: 1,
    description: "Downloads by a temporary access token whose maker names no number; 0 for any number.",
  }),
};
