/** A directory of its own for a test: `await using dir = await tempDir()`. */

export interface TempDir extends AsyncDisposable {
  /** Absolute, without a trailing slash. */
  path: string;
  /** Absolute path of `name` in it. */
  join(name: string): string;
}

/** Makes an empty directory below the system's; it goes, with all it holds, when disposed. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "pawl_test_" });
  return {
    path,
    join: (name) => `${path}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
