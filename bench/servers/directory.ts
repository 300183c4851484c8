/** Removing what a round has stored, behind the server's back: nothing of it is asked for again. */

/** Removes all files below `directory`, and keeps its folders. */
export async function removeFiles(directory: string): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) await removeFiles(path);
    else await Deno.remove(path);
  }
}
