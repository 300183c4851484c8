/** What a running process has cost, from /proc. */

/** Clock ticks a second in /proc; fixed on Linux for user space. */
const TICKS = 100;

/** The process and all below it. */
export function processTree(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

/** Fields of /proc/<pid>/stat from `state` on, which is field 3. */
function stat(pid: number | "self"): string[] {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the name in brackets, which may hold anything.
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** CPU seconds of these processes so far, in user and kernel mode, all threads. */
export function cpuSeconds(pids: number[]): number {
  return pids.reduce((sum, pid) => sum + Number(stat(pid)[11]) + Number(stat(pid)[12]), 0) / TICKS;
}

/** CPU seconds of this process's children that have ended and been waited for. */
export function endedChildrenCpuSeconds(): number {
  const fields = stat("self");
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Bytes: the largest resident size since the start or the last `resetPeak`, added up. */
export function peakMemory(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    return sum + Number(match![1]) * 1024;
  }, 0);
}

/** proc(5), clear_refs. */
export function resetPeak(pids: number[]): void {
  for (const pid of pids) Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}
