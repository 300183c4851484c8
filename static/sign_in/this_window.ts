/** The window that the page runs in, as signing in sees it. */
import type { Surroundings } from "./surroundings.ts";

export function thisWindow(): Surroundings {
  return {
    address: location.href,
    go: (address) => location.assign(address),
    showAddress: (address) => history.replaceState(null, "", address),
    storage: sessionStorage,
    fetch: (input, init) => fetch(input, init),
  };
}
