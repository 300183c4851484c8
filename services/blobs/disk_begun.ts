/**
 * Blobs on their way of which no record exists yet, so that the next start finds what a crash left of them. They
 * come in groups, whose ids begin alike and for which one empty file `begun/<group>` stands: a file for each would
 * cost a small upload as much as its own.
 */
import { join } from "node:path";
import type { StrayMark } from "./blob_store.ts";
import { onDisk } from "./disk_errors.ts";
import { removeIfPresent } from "./disk_files.ts";

/** `<day>-<random>`; the ids of its blobs go on with as many digits more. */
const GROUP = /^\d{8}-[0-9a-f]{16}$/;
/** What one of these is called that has no group. */
const SINGLE = /^\d{8}-[0-9a-f]{32}$/;
const GROUP_LENGTH = 8 + 1 + 16;

/** A start looks at as many blobs as this for each group that a crash left. */
const IDS_A_GROUP = 1000;
const GROUP_MS = 60_000;

interface Group {
  name: string;
  /** Announced and not settled. */
  open: Set<string>;
  /** Whether its file is there. */
  noted: boolean;
  /** Makes and removes its file, one after the other. */
  turn: Promise<void>;
}

export interface DiskBegun {
  /** An id of the group that is made now. */
  newId(): string;
  /** Resolves when the next start will find `id`. */
  announce(id: string): Promise<void>;
  /** `id` is recorded, or its file is removed. */
  settle(id: string): Promise<void>;
  /** Everything that was announced and not settled; of earlier processes also what lies beside it. */
  unsettled(): Promise<string[]>;
  /** Whether it was announced and is not settled. */
  has(id: string): boolean;
  /** Notes of groups that are not known here. */
  strays(): Promise<StrayMark[]>;
  /** Removes the note of such a group. */
  removeStray(name: string): Promise<void>;
  /** Removes the notes of groups that are settled. */
  close(): void;
}

export interface DiskBegunOptions {
  /** Of the notes; exists. */
  folder: string;
  /** Of the blobs, with a folder for each day. */
  blobs: string;
  /** Ms since 1970. */
  now: () => number;
}

/** The name of the folder for blobs that are made at this time, ms since 1970. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll("-", "");
}

export function openBegun({ folder, blobs, now }: DiskBegunOptions): DiskBegun {
  const groups = new Map<string, Group>();
  let current: { group: Group; ids: number; since: number } | null = null;

  function groupOf(name: string): Group {
    let group = groups.get(name);
    if (!group) {
      groups.set(name, group = { name, open: new Set(), noted: false, turn: Promise.resolve() });
    }
    return group;
  }

  /** `step` after what was asked for before, even when that failed. */
  function inTurn(group: Group, step: () => Promise<void>): Promise<void> {
    return group.turn = group.turn.catch(() => {}).then(step);
  }

  async function note(group: Group): Promise<void> {
    if (group.noted) return;
    (await onDisk(Deno.open(join(folder, group.name), { write: true, create: true, mode: 0o600 }))).close();
    group.noted = true;
  }

  async function endIfSettled(group: Group): Promise<void> {
    if (group.open.size > 0 || group === current?.group) return;
    // Who announces from now on has it noted again, behind this.
    const { noted } = group;
    group.noted = false;
    if (noted) await onDisk(removeIfPresent(join(folder, group.name)));
    if (group.open.size === 0) groups.delete(group.name);
  }

  const nameOf = (id: string) => id.slice(0, GROUP_LENGTH);

  /** The group's blobs on the disk, whatever became of them. */
  async function filesOf(group: string): Promise<string[]> {
    const [day, start] = [group.slice(0, 8), group.slice(9)];
    const found: string[] = [];
    try {
      for await (const { name } of Deno.readDir(join(blobs, day))) {
        if (name.startsWith(start)) found.push(`${day}-${name}`);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return found.filter((id) => SINGLE.test(id));
  }

  /** Notes for single blobs come from earlier versions. */
  async function regroup(id: string): Promise<void> {
    const group = groupOf(nameOf(id));
    group.open.add(id);
    await inTurn(group, () => note(group));
    await onDisk(removeIfPresent(join(folder, id)));
  }

  return {
    newId() {
      const time = now();
      if (!current || current.ids >= IDS_A_GROUP || Math.abs(time - current.since) >= GROUP_MS) {
        const last = current?.group;
        const group = groupOf(`${dayOf(time)}-${crypto.getRandomValues(new Uint8Array(8)).toHex()}`);
        current = { group, ids: 0, since: time };
        // A note that stays costs the next start a look.
        if (last) inTurn(last, () => endIfSettled(last)).catch(() => {});
      }
      return current.group.name + (current.ids++).toString(16).padStart(16, "0");
    },

    async announce(id) {
      const group = groupOf(nameOf(id));
      group.open.add(id);
      if (group.noted) return;
      try {
        await inTurn(group, () => note(group));
      } catch (error) {
        group.open.delete(id);
        throw error;
      }
    },

    async settle(id) {
      const group = groups.get(nameOf(id));
      if (!group?.open.delete(id) || group.open.size > 0 || group === current?.group) return;
      await inTurn(group, () => endIfSettled(group));
    },

    async unsettled() {
      for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
        if (SINGLE.test(name)) await regroup(name);
        if (!GROUP.test(name) || groups.has(name)) continue;
        const group = groupOf(name);
        group.noted = true;
        for (const id of await filesOf(name)) group.open.add(id);
        await inTurn(group, () => endIfSettled(group));
      }
      return [...groups.values()].flatMap(({ open }) => [...open]);
    },

    has: (id) => groups.get(nameOf(id))?.open.has(id) ?? false,

    async strays() {
      const found: StrayMark[] = [];
      for (const { name } of await onDisk(Array.fromAsync(Deno.readDir(folder)))) {
        if ((!GROUP.test(name) && !SINGLE.test(name)) || groups.has(name)) continue;
        const info = await Deno.stat(join(folder, name)).catch(() => null);
        if (info) found.push({ name, modifiedAt: info.mtime?.getTime() ?? Infinity });
      }
      return found;
    },

    async removeStray(name) {
      if (!GROUP.test(name) && !SINGLE.test(name)) throw new Error(`Not a note: ${name}`);
      if (!groups.has(name)) await onDisk(removeIfPresent(join(folder, name)));
    },

    close() {
      for (const { name, open, noted } of groups.values()) {
        if (!noted || open.size > 0) continue;
        try {
          Deno.removeSync(join(folder, name));
        } catch {
          // The next start does it.
        }
      }
    },
  };
}
