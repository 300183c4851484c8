/** `curl` as the client: one process a connection, which is kept open from one transfer to the next. */

export interface Transfer {
  url: string;
  /** Default GET, PUT with `upload`. */
  method?: string;
  /** Path of the body. */
  upload?: string;
  headers?: Record<string, string>;
  /** Path that takes the answer's body; discarded without. */
  output?: string;
}

/** One line of curl's configuration: backslashes and quotes are the only characters that need care. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function configOf({ url, method, upload, headers = {}, output = "/dev/null" }: Transfer): string {
  // "Expect:" without a value: no waiting for "100 Continue" before each body.
  const lines = [`url = ${quoted(url)}`, `output = ${quoted(output)}`, 'header = "Expect:"'];
  lines.push("http1.1", "silent", "show-error", "fail-with-body", "path-as-is");
  if (method) lines.push(`request = ${quoted(method)}`);
  if (upload) lines.push(`upload-file = ${quoted(upload)}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`header = ${quoted(`${name}: ${value}`)}`);
  return lines.join("\n");
}

/**
 * Runs each of `connections` in a process of its own, all at once; the transfers of one follow one another. Rejects
 * when any of them fails. Written to `directory` beforehand: the lists of transfers.
 */
export async function transfers(connections: Transfer[][], directory: string): Promise<() => Promise<void>> {
  const lists = await Promise.all(connections.map(async (connection, index) => {
    const path = `${directory}/transfers_${index}`;
    await Deno.writeTextFile(path, connection.map(configOf).join("\nnext\n"));
    return path;
  }));
  return async () => {
    await Promise.all(lists.map(async (list) => {
      const command = new Deno.Command("curl", { args: ["-q", "-K", list], stdin: "null", stdout: "null" });
      const { success, stderr } = await command.output();
      if (!success) throw new Error(`curl failed: ${new TextDecoder().decode(stderr)}`);
    }));
  };
}
