/** As much of Docker as this project's Dockerfile needs, done in a folder instead of an image. */
import { dirname } from "node:path";

export interface Instruction {
  name: string;
  rest: string;
}

/** Comments and line breaks resolved. */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ").split("\n").filter((line) =>
    line.trim()
  );
  return lines.map((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line)!;
    return { name: name!, rest: rest! };
  });
}

/** The files of `root` that `COPY . .` brings, to `to`. */
export async function copyContext(root: string, to: string): Promise<void> {
  const ignored = (await Deno.readTextFile(`${root}/.dockerignore`)).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => new RegExp(`^${line.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`));
  const copy = async (path: string) => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(`${root}/${path}`)) {
      const inner = path === "" ? name : `${path}/${name}`;
      if (ignored.some((pattern) => pattern.test(inner))) continue;
      if (isDirectory) await copy(inner);
      if (!isFile) continue;
      await Deno.mkdir(dirname(`${to}/${inner}`), { recursive: true });
      await Deno.copyFile(`${root}/${inner}`, `${to}/${inner}`);
    }
  };
  await copy("");
}
