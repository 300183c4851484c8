/** On what the figures were measured. */
import { cpus, release, totalmem } from "node:os";

/** Lines of text, a fact each. */
export async function describeMachine(
  { versions, directory }: { versions: string[]; directory: string },
): Promise<string[]> {
  const processors = cpus();
  const [, fileSystem] = (await output("df", ["--output=fstype", directory])).split("\n");
  const [curl] = (await output("curl", ["-V"])).split(" (");
  return [
    `${processors.length} x ${processors[0]?.model ?? "unknown"}, ${
      Math.round(totalmem() / 2 ** 30)
    } GiB memory`,
    `Linux ${release()}, ${fileSystem?.trim()} on ${await diskOf(
      directory,
    )}; servers and clients share the machine`,
    [`Deno ${Deno.version.deno}`, curl, ...versions].join(", "),
  ];
}

export function loadAverage(): string {
  return Deno.loadavg()[0]!.toFixed(1);
}

async function diskOf(directory: string): Promise<string> {
  const [, device] = (await output("df", ["--output=source", directory])).split("\n");
  return device?.trim() ?? "an unknown disk";
}

async function output(program: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return new TextDecoder().decode(stdout);
}
