/** Every way in which an upload can begin, as requests of one person. */
import type { Answer, TestApp, TestUser } from "./app.ts";
import { answer } from "./upload_calls.ts";

export interface WayCall {
  user: TestUser;
  /** Bytes of the file. */
  size: number;
}

export interface Way {
  /** The whole file comes with the request that begins it. */
  whole: boolean;
  begin(app: TestApp, call: WayCall): Promise<Answer>;
}

let made = 0;

/** Content that was never sent before, so that nothing is found again. */
function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const text = new TextEncoder().encode(`${++made} `);
  bytes.set(text.subarray(0, size));
  return bytes;
}

const lengthOf = (body: Uint8Array) => ({ "Content-Length": String(body.length) });

async function send(
  app: TestApp,
  { user, method, path, headers = {}, body = null }: {
    user: TestUser;
    method: string;
    path: string;
    headers?: Record<string, string>;
    body?: BodyInit | null;
  },
): Promise<Answer> {
  return await answer(await app.request(path, { method, headers, body, user }));
}

export const WAYS: Record<string, Way> = {
  "a session": {
    whole: false,
    begin: (app, { user, size }) =>
      app.json("POST", "/api/v1/uploads", { user, body: { fileName: "a.bin", size, forceNew: true } }),
  },
  "a tus upload": {
    whole: false,
    begin: (app, { user, size }) =>
      send(app, {
        user,
        method: "POST",
        path: "/files",
        headers: { "Tus-Resumable": "1.0.0", "Upload-Length": String(size) },
      }),
  },
  "a tus upload with its bytes": {
    whole: true,
    begin(app, { user, size }) {
      const body = bytesOf(size);
      const headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": String(size),
        "Content-Type": "application/offset+octet-stream",
        ...lengthOf(body),
      };
      return send(app, { user, method: "POST", path: "/files", headers, body });
    },
  },
  "a resumable upload": {
    whole: false,
    begin: (app, { user, size }) =>
      send(app, {
        user,
        method: "POST",
        path: "/files",
        headers: { "Upload-Complete": "?0", "Upload-Length": String(size) },
      }),
  },
  "a resumable upload with its bytes": {
    whole: true,
    begin(app, { user, size }) {
      const body = bytesOf(size);
      const headers = { "Upload-Complete": "?1", ...lengthOf(body) };
      return send(app, { user, method: "POST", path: "/files", headers, body });
    },
  },
  "a whole file": {
    whole: true,
    begin(app, { user, size }) {
      const body = bytesOf(size);
      return send(app, { user, method: "PUT", path: "/api/v1/files/a.bin", headers: lengthOf(body), body });
    },
  },
  "a whole file without its length": {
    whole: true,
    begin: (app, { user, size }) =>
      send(app, {
        user,
        method: "PUT",
        path: "/api/v1/files/a.bin",
        headers: { "Transfer-Encoding": "chunked" },
        body: bytesOf(size),
      }),
  },
  "a raw body": {
    whole: true,
    begin(app, { user, size }) {
      const body = bytesOf(size);
      const path = "/api/v1/attachments?fileName=a.bin";
      return send(app, { user, method: "POST", path, headers: lengthOf(body), body });
    },
  },
  "a form": {
    whole: true,
    begin(app, { user, size }) {
      const form = new FormData();
      form.set("file", new Blob([bytesOf(size)]), "a.bin");
      return send(app, { user, method: "POST", path: "/api/v1/attachments", body: form });
    },
  },
};
