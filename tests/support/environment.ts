/** The environment of commands that tests run. */

/** What the developer's own has, without settings of a server of theirs or of the test runner; then `settings`. */
export function cleanEnvironment(settings: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("PAWL_"));
  return { ...Object.fromEntries(inherited), ...settings };
}
