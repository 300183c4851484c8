/** `X-HTTP-Method-Override` (tus 1.0.0): for clients whose surroundings let only some methods pass. Pure. */

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** The method that is meant: the header's, if it is there, whatever the real one is. */
export function methodOf(request: { method: string; headers: Headers }): string {
  return request.headers.get("X-HTTP-Method-Override")?.trim().toUpperCase() || request.method;
}

/** Of the two methods the one that may change something, for whoever decides by that. */
export function riskierMethod(request: { method: string; headers: Headers }): string {
  return SAFE.has(request.method) ? methodOf(request) : request.method;
}
