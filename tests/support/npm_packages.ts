/** Packages of npm for programs that run in Node. */
import { runProgram } from "./client_program.ts";

/** Installs exact versions into `directory`, with none of their scripts. Throws what npm says when it cannot. */
export async function installPackages(
  npm: string,
  { directory, packages }: { directory: string; packages: string[] },
): Promise<void> {
  await Deno.writeTextFile(`${directory}/package.json`, '{"private": true, "type": "module"}');
  const options = ["--no-audit", "--no-fund", "--save-exact", "--ignore-scripts", "--prefer-offline"];
  const { code, stderr } = await runProgram(npm, {
    args: ["install", ...options, ...packages],
    cwd: directory,
    env: npmSettings(),
  });
  if (code !== 0) throw new Error(`npm install ${packages.join(" ")} failed: ${stderr}`);
}

/** Where npm finds its registry and keeps what it fetched: as this machine has it. */
function npmSettings(): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) =>
    /^(npm_config_|HOME$|NODE_EXTRA_CA_CERTS$|https?_proxy$)/i.test(name)
  );
  return Object.fromEntries(kept);
}
