/** The page as browsers get it, made of the sources as they are now. */

const root = new URL("../../", import.meta.url).pathname;

/** Makes it when it is not current, as `deno task start` does; a process of its own, because the bundler is one. */
export async function buildPage(): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--allow-read", "--allow-write=.cache", "tools/bundle_page.ts"],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}
