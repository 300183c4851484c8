/** Commands on the machine of a server: through the running one or, when none runs, by themselves under the data directory's lock. */
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { openAccess } from "../services/access/access.ts";
import { readOrCreateSecret } from "../services/access/secret.ts";
import { DataDirBusy, ownersAddress, refuseUnfinished } from "../services/data_dir.ts";
import { sizeOf } from "./size_of.ts";

/** The server that runs on the data directory, spoken to as the local administrator. */
export interface RunningServer {
  address: string;
  /** Throws with a sentence when it does not answer, or refuses. */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

export interface CallOptions {
  json?: unknown;
  signal?: AbortSignal;
}

export interface Ways<T> {
  /** Is to take the lock, and to throw `DataDirBusy` when another process has it. */
  alone: () => Promise<T>;
  throughServer: (server: RunningServer) => Promise<T>;
}

/** Throws when there are no records: the lock would make the directory, and nothing looks as well as what is whole. */
export async function serverOrLock<T>(config: Config, { alone, throughServer }: Ways<T>): Promise<T> {
  const { dataDir } = config;
  if (await sizeOf(join(dataDir, "pawl.kv")) === null) {
    await refuseUnfinished(dataDir);
    throw new Error(
      `There are no records in ${dataDir}: is that the server's data directory (PAWL_DATA_DIR)?`,
    );
  }
  try {
    return await alone();
  } catch (error) {
    if (!(error instanceof DataDirBusy)) throw error;
  }
  return await throughServer(await runningServer(config));
}

async function runningServer(config: Config): Promise<RunningServer> {
  const address = await ownersAddress(config.dataDir);
  if (address === null) {
    throw new Error(`Another process owns ${config.dataDir}, but it does not listen yet.`);
  }
  const secret = config.jwt.secret ?? await readOrCreateSecret(config.dataDir);
  const access = openAccess({ secret, issuer: null, now: Date.now });

  async function call(method: string, path: string, { json, signal }: CallOptions = {}): Promise<Response> {
    // A new one each time: the command may go on for longer than any is valid.
    const token = await access.mintToken({ user: "local", role: "admin", hours: 1 });
    const response = await fetch(address + path, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(json !== undefined && { "Content-Type": "application/json" }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(signal && { signal }),
    }).catch((cause) => {
      throw new Error(`A server owns ${config.dataDir}, but does not answer at ${address}.`, { cause });
    });
    if (response.ok) return response;
    const answer = await response.json().catch(() => null);
    throw new Error(`The server at ${address} refused: ${answer?.detail ?? `status ${response.status}`}`);
  }

  return { address, call };
}
