/**
 * How large the next chunk should be: what one connection carries in about two seconds, so that little is lost when it
 * breaks and the time between chunks does not count. A pure controller: it is told what happened.
 */

export interface SizeBounds {
  /** Bytes. */
  min: number;
  max: number;
}

export interface ChunkSizes {
  /**
   * Bytes; within the bounds. With `left` bytes for so many connections the last chunks get smaller, so that all
   * connections end together.
   */
  next(left?: number, connections?: number): number;
  readonly min: number;
  /** The bound, or what something on the way lets through. */
  readonly max: number;
  /** A chunk was acknowledged `ms` after its request began. */
  arrived(chunk: { bytes: number; ms: number }): void;
  /** A request without a body worth mentioning took `ms`. */
  answered(ms: number): void;
  /** A request with a chunk broke off or stalled. */
  broke(): void;
  /** Something between here and the server refuses `bytes` at once. Returns false when it cannot be less. */
  tooLarge(bytes: number): boolean;
  /** Smoothed, of one connection; null before the first chunk has arrived. */
  readonly bytesPerSecond: number | null;
}

const TARGET_MS = 2000;
/** A chunk takes at least so many times as long as what is lost between chunks. */
const OVERHEAD_SHARE = 10;
const FIRST_BYTES = 512 * 1024;
/** Weight of what was before. */
const SPEED_MEMORY = 0.7;
const LATENCY_MEMORY = 0.8;
/** The line may be faster than the first chunks of a connection show: growth is let through sooner than decline. */
const GROWTH_MEMORY = 0.3;
const ALIGN = 64 * 1024;

const smooth = (before: number | null, now: number, memory: number) =>
  before === null ? now : memory * before + (1 - memory) * now;

/** `fixed`: always this size, as far as the bounds and the line let it. */
export function newChunkSizes({ min, max }: SizeBounds, fixed?: number): ChunkSizes {
  let speed: number | null = null;
  let latency: number | null = null;
  /** What breaks leave; grows again with each chunk that arrives. */
  let caution = 1;
  /** What each connection gets at the end. */
  let share: number | null = null;
  /** What a proxy lets through. */
  let most = max;

  return {
    min,
    get max() {
      return most;
    },
    next(left = Infinity, connections = 1) {
      if (fixed !== undefined) return clamp(fixed, { min, max: most });
      const ms = Math.max(TARGET_MS, OVERHEAD_SHARE * (latency ?? 0));
      const wanted = speed === null ? FIRST_BYTES : speed / 1000 * ms * caution;
      const size = clamp(Math.round(wanted / ALIGN) * ALIGN, { min, max: most });
      if (left >= connections * size) share = null;
      else if (share === null || left > connections * share) share = Math.ceil(left / connections);
      return share === null ? size : clamp(share, { min, max: size });
    },
    arrived({ bytes, ms }) {
      const moving = Math.max(1, ms - Math.min(latency ?? 0, ms / 2));
      const now = bytes / moving * 1000;
      speed = smooth(speed, now, speed !== null && now > speed ? GROWTH_MEMORY : SPEED_MEMORY);
      caution = Math.min(1, caution * 1.5);
    },
    answered(ms) {
      latency = smooth(latency, ms, LATENCY_MEMORY);
    },
    broke() {
      caution = Math.max(1 / 16, caution / 2);
    },
    tooLarge(bytes) {
      if (Math.min(bytes, most) <= min) return false;
      most = Math.max(min, Math.min(most, Math.floor(bytes / 2)));
      return true;
    },
    get bytesPerSecond() {
      return speed;
    },
  };
}

function clamp(value: number, { min, max }: SizeBounds): number {
  return Math.max(min, Math.min(max, value));
}
