/** Installing Debian packages where that is permitted without asking. */

/** Runs a command to its end without showing what it prints; returns its exit code. Throws when it cannot be started. */
export type Run = (command: string[]) => Promise<number>;

export interface InstallOptions {
  /** The user's id; null where there is none. */
  uid: number | null;
  run: Run;
}

// A machine without network must not wait for minutes, nor one where another installation runs.
const APT = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "Acquire::Retries=1"].concat(
  ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "DPkg::Lock::Timeout=120"],
);

/** The first words of a command that may install, or why there is none. */
async function installer({ uid, run }: InstallOptions): Promise<{ apt: string[] } | { refusal: string }> {
  const works = async (command: string[]) => {
    try {
      return await run(command) === 0;
    } catch {
      return false;
    }
  };
  if (!await works(["apt-get", "--version"])) return { refusal: "this system has no apt-get" };
  if (uid === 0) return { apt: APT };
  if (await works(["sudo", "-n", "true"])) return { apt: ["sudo", "-n", ...APT] };
  return { refusal: "only root, or a user with sudo that asks for no password, may install packages" };
}

/** Installs `packages`, reading the package lists anew only when needed. Returns null, or why it could not. */
export async function installPackages(packages: string[], options: InstallOptions): Promise<string | null> {
  const found = await installer(options);
  if ("refusal" in found) return found.refusal;
  const install = [...found.apt, "install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (await options.run(install) === 0) return null;
  await options.run([...found.apt, "update", "-qq"]);
  const code = await options.run(install);
  return code === 0 ? null : `apt-get install ${packages.join(" ")} ended with code ${code}`;
}
