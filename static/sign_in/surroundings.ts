/** What signing in needs of the window that it happens in. */

export interface Surroundings {
  /** `location.href`. */
  address: string;
  /** Leaves the page for this address. */
  go(address: string): void;
  /** Changes the address bar and the history entry, nothing else. */
  showAddress(address: string): void;
  /** Of this tab alone: `sessionStorage`. */
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  fetch: typeof fetch;
}
