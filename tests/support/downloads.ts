/** An app with a downloads folder. */
import { dirname } from "node:path";
import { startApp, type TestApp } from "./app.ts";
import { tempDir } from "./temp_dir.ts";

const TEXT = new TextEncoder();

interface Given {
  files?: Record<string, string | Uint8Array>;
  downloads?: Record<string, unknown>;
}

/** What was just written is settled. Disposing it disposes both. */
export async function startWithFolder({ files = {}, downloads = {} }: Given) {
  const dir = await tempDir();
  for (const [name, content] of Object.entries(files)) {
    await Deno.mkdir(dir.join(dirname(name)), { recursive: true });
    await Deno.writeFile(dir.join(name), typeof content === "string" ? TEXT.encode(content) : content);
  }
  const app = await startApp({ env: { PAWL_DOWNLOADS_DIR: dir.path }, pawlJson: { downloads } });
  app.clock += 10_000;
  return {
    app,
    dir,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

export const status = async (app: TestApp, path: string, init: Parameters<TestApp["request"]>[1] = {}) => {
  const answer = await app.request(path, init);
  await answer.body?.cancel();
  return answer.status;
};
