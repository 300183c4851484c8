/** What `pawl.json` holds as `limits`, so that tests whose subject is something else may upload as they like. */
export const NO_LIMITS = { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 };
