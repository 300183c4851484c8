/** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11). Pure. */
import type { LimitUse } from "../../services/limits/usage.ts";

const UNITS: Record<LimitUse["limit"], string> = {
  "uploads-at-once": ';qu="concurrent-requests"',
  "uploads-per-minute": "",
  "bytes-per-day": ';qu="content-bytes"',
};

/**
 * Lists of structured fields, whose names and integers need no escaping. What runs at once has no window and no `t`:
 * it is free as soon as an upload ends.
 */
export function rateLimitFields(uses: LimitUse[], now: number): { policy: string; limit: string } {
  const seconds = (ms: number) => Math.max(0, Math.ceil(ms / 1000));
  const policy = uses.map(({ limit, max, windowMs }) =>
    `"${limit}";q=${max}${UNITS[limit]}${windowMs === null ? "" : `;w=${windowMs / 1000}`}`
  );
  const limit = uses.map(({ limit, remaining, windowMs, freeAt }) => {
    const restored = windowMs === null || freeAt === null ? "" : `;t=${seconds(freeAt - now)}`;
    return `"${limit}";r=${remaining}${restored}`;
  });
  return { policy: policy.join(", "), limit: limit.join(", ") };
}
