/**
 * Many small files up, each by one request, eight at a time. They stay until the end: ext4 looks at each recently
 * deleted file when it makes a new one, so that rounds would pay for those before them.
 */
import { randomFillSync } from "node:crypto";
import type { TestServer } from "../../tests/support/server.ts";
import { type Transfer, transfers } from "../clients/curl.ts";
import type { Payload } from "../payload.ts";
import type { Contender } from "../rounds.ts";
import type { BareServer } from "../servers/bare_server.ts";
import type { TusPeers } from "../servers/tus.ts";
import { TUS_BODY } from "./tus_uploads.ts";
import { authorization } from "./uploads.ts";

export const SMALL_BYTES = 10 * 1024;
export const SMALL_CONNECTIONS = 8;

export const smallNames = {
  bare: "bare server: hash, file, record, syncs",
  put: "Pawl, PUT",
  pawlTus: "Pawl by tus, creation with upload",
  tus: "@tus/server, creation with upload",
  checked: "@tus/server with equal guarantees, creation with upload",
};

export function smallFileContenders(
  { pawl, bare, tus }: { pawl: TestServer; bare: BareServer; tus: TusPeers | null },
  { payload, count }: { payload: Payload; count: number },
): Contender[] {
  const paths = Array.from({ length: count }, (_, index) => `${payload.directory}/small_${index}`);

  /** New content for each round, one list for each connection. */
  async function lists(transfer: (path: string) => Transfer): Promise<() => Promise<void>> {
    const bytes = new Uint8Array(SMALL_BYTES);
    for (const path of paths) {
      randomFillSync(bytes);
      await Deno.writeFile(path, bytes);
    }
    const connections = Array.from({ length: SMALL_CONNECTIONS }, (): Transfer[] => []);
    paths.forEach((path, index) => connections[index % SMALL_CONNECTIONS]!.push(transfer(path)));
    return await transfers(connections, payload.directory);
  }

  const bytes = count * SMALL_BYTES;
  const creation = { ...TUS_BODY, "Upload-Length": String(SMALL_BYTES) };
  const contenders: Contender[] = [
    {
      name: smallNames.bare,
      bytes,
      pid: () => bare.pid,
      prepare: () => lists((upload) => ({ url: bare.url, method: "POST", upload })),
    },
    {
      name: smallNames.put,
      bytes,
      pid: () => pawl.pid,
      async prepare() {
        const headers = await authorization(pawl);
        const url = new URL("/api/v1/files/small.bin", pawl.url).href;
        return await lists((upload) => ({ url, upload, headers }));
      },
    },
    {
      name: smallNames.pawlTus,
      bytes,
      pid: () => pawl.pid,
      async prepare() {
        const headers = { ...await authorization(pawl), ...creation };
        const url = new URL("/files", pawl.url).href;
        return await lists((upload) => ({ url, method: "POST", upload, headers }));
      },
    },
  ];
  if (tus) {
    for (
      const [name, { pid, url }] of [[smallNames.tus, tus.plain], [smallNames.checked, tus.checked]] as const
    ) {
      contenders.push({
        name,
        bytes,
        pid: () => pid,
        prepare: () => lists((upload) => ({ url, method: "POST", upload, headers: creation })),
      });
    }
  }
  return contenders;
}
