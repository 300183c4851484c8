/** The process's own variables, as far as it may read them. */
import { VARIABLES } from "./read_environment.ts";

/**
 * `PAWL_*` of this process, for `loadConfig`. With a permission for `PAWL_*` only, Deno lists nothing, so just the
 * settings are asked for; `tools/permissions.ts` has looked for unknown names before and grants more if it saw one.
 */
export function pawlVariables(): Record<string, string> {
  const all = Deno.permissions.querySync({ name: "env" });
  if (all.state === "granted" && !all.partial) return Deno.env.toObject();
  const found: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = Deno.env.get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
