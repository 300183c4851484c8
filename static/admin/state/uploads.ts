/** The uploads in progress, with how fast they are. */
import type { AdminCalls, AdminUpload } from "../api.ts";
import { type Sight, sightOf } from "../uploads/sight.ts";
import { createPaged, type Paged } from "./paged.ts";

export interface SeenUpload extends AdminUpload {
  /** Bytes in a second since it was looked at before; null: that is not known. */
  speed: number | null;
}

export interface UploadsOptions {
  calls: Pick<AdminCalls, "uploads">;
  onError(error: unknown): void;
}

const PAUSE_MS = 2000;

export function createUploads({ calls, onError }: UploadsOptions): Paged<SeenUpload> {
  let seen = new Map<string, Sight>();
  return createPaged<SeenUpload>({
    async ask(query, signal) {
      const { items, cursor } = await calls.uploads(query, signal);
      const now = Date.now();
      const sights = items.map((item) => [item.id, sightOf(item, now, seen.get(item.id))] as const);
      // Pages after the first add to what is known.
      seen = new Map([...(query.cursor === undefined ? [] : seen), ...sights]);
      return { items: items.map((item) => ({ ...item, speed: seen.get(item.id)!.speed })), cursor };
    },
    keyOf: ({ id }) => id,
    pause: () => PAUSE_MS,
    settled: true,
    onError,
  });
}
