/** How the process behaves. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const OPERATION = {
  "siteName": setting({
    group: "Operation",
    key: "siteName",
    ...kind.text(64),
    default: "Pawl",
    description: "Name of this site, shown on its pages.",
  }),
  "audit.keepDays": setting({
    group: "Operation",
    key: "audit.keepDays",
    ...kind.integer(1, 36500),
    unit: "days",
    default: 400,
    description: "Time for which the audit remembers who did what.",
  }),
  "shutdown.graceSeconds": setting({
    group: "Operation",
    key: "shutdown.graceSeconds",
    ...kind.integer(1, 600),
    unit: "seconds",
    default: 8,
    description: "Time that running requests get after SIGTERM or SIGINT.",
  }),
  "metrics.allow": setting({
    group: "Operation",
    key: "metrics.allow",
    env: "PAWL_METRICS_ALLOW",
    ...kind.networks(),
    default: [],
    description: "From where /metrics may be read without signing in; administrators may from everywhere.",
  }),
  "metrics.token": optional({
    group: "Operation",
    env: "PAWL_METRICS_TOKEN",
    ...kind.secret(16),
    description: "Bearer token with which a monitoring system reads /metrics, and nothing else.",
    secret: true,
  }),
  "log.level": setting({
    group: "Operation",
    key: "log.level",
    env: "PAWL_LOG_LEVEL",
    ...kind.choice(["debug", "info", "warning", "error"]),
    default: "info",
    description: "The least important messages that are still logged.",
  }),
  "log.format": setting({
    group: "Operation",
    key: "log.format",
    env: "PAWL_LOG_FORMAT",
    ...kind.choice(["auto", "pretty", "json"]),
    default: "auto",
    description: "auto is pretty on a terminal and json lines elsewhere.",
  }),
};
