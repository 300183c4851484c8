/**
 * `deno task test [paths and options of deno test]`: installs the programs that tests use, runs the tests, says
 * what was skipped and why, and ends with `N passed, N failed`. With `CI=true` a skipped test counts as failed and
 * deno.lock must be up to date.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  findTool,
  MISSING_TOOLS_FILE,
  type MissingTool,
  TOOL_PACKAGES,
  type ToolName,
} from "../tests/support/tools.ts";
import { installPackages } from "./testing/debian_packages.ts";
import { judge, parseJunit, totals } from "./testing/report.ts";

/** Files at a time: one more than there are processors, because many tests wait. `DENO_JOBS` of the caller goes first. */
const JOBS = Deno.env.get("DENO_JOBS") ?? String(navigator.hardwareConcurrency + 1);

const root = fileURLToPath(new URL("..", import.meta.url));

async function runQuietly([command, ...args]: string[]): Promise<number> {
  const child = new Deno.Command(command!, { args, stdin: "null", stdout: "null", stderr: "null" });
  return (await child.output()).code;
}

function missingTools(): ToolName[] {
  return (Object.keys(TOOL_PACKAGES) as ToolName[]).filter((name) => findTool(name) === null);
}

/** The page as the tests find it; once, before many of them want it at the same time. */
async function preparePage(): Promise<void> {
  const args = ["run", "-q", "--allow-read", "--allow-write=.cache", "tools/bundle_page.ts"];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) Deno.exit(1);
}

/** Installs what is missing, as far as that is permitted, and says so. */
async function prepareTools(): Promise<void> {
  const missing = missingTools();
  if (missing.length === 0) return;
  const packages = missing.map((name) => TOOL_PACKAGES[name]);
  console.log(`Tests use ${missing.join(", ")}: installing ${packages.join(", ")} with apt-get ...`);
  const refusal = await installPackages(packages, { uid: Deno.uid(), run: runQuietly });
  if (refusal === null) return;
  console.log(`Not installed: ${refusal}.`);
  console.log(
    `Tests that need ${missing.join(", ")} are skipped. To run them: apt-get install ${packages.join(" ")}`,
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}

async function readIfThere(path: string): Promise<string> {
  return exists(path) ? await Deno.readTextFile(path) : "";
}

/** A module's name in the report: relative to the working directory, and by that marked as a path. */
function reportedName(module: string): string {
  const path = relative(root, fileURLToPath(module));
  return path.startsWith("../") ? path : `./${path}`;
}

/** File as the report names it -> why tests in it are skipped. */
function skipReasons(lines: string): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const line of lines.split("\n").filter(Boolean)) {
    const { module, tool }: MissingTool = JSON.parse(line);
    const file = reportedName(module);
    const reason = `${tool} is not installed`;
    const others = reasons.get(file);
    reasons.set(file, others === undefined ? reason : `${others}, ${reason}`);
  }
  return reasons;
}

async function runTests(args: string[], { strict }: { strict: boolean }): Promise<number> {
  const scratch = await Deno.makeTempDir({ prefix: "pawl_test_report_" });
  try {
    const junit = `${scratch}/junit.xml`;
    const missing = `${scratch}/missing_tools`;
    const everything = args.some((arg) => !arg.startsWith("-") && exists(arg)) ? [] : ["tests/"];
    const options = ["-A", "--parallel", `--junit-path=${junit}`, ...(strict ? ["--frozen"] : [])];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", ...options, ...args, ...everything],
      env: { [MISSING_TOOLS_FILE]: missing, DENO_JOBS: JOBS },
    }).spawn();
    const { code } = await child.status;
    const verdict = judge(parseJunit(await readIfThere(junit)), {
      exitCode: code,
      reasons: skipReasons(await readIfThere(missing)),
      strict,
    });
    for (const remark of verdict.remarks) console.log(remark);
    console.log(totals(verdict));
    return verdict.failed > 0 ? 1 : 0;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

// `deno test` without paths takes this file for a test by its name.
if (import.meta.main) {
  Deno.chdir(root);
  await prepareTools();
  await preparePage();
  Deno.exit(await runTests(Deno.args, { strict: Deno.env.get("CI") === "true" }));
}
