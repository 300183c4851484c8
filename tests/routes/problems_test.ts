/** Malformed requests to every route: each is refused with its own code, by a document, and never by a 5xx. */
import assert from "node:assert/strict";
import { ADMIN, ALICE, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { putFile } from "../support/stored_files.ts";

interface Bad {
  /** `:file` and `:upload` stand for Alice's. */
  path: string;
  method?: string;
  user?: TestUser | null;
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text, bytes or a stream. */
  body?: unknown;
  status: number;
  code: string;
}

const UPLOADS = "/api/v1/uploads";
const FILES = "/api/v1/attachments";
const JSON_TYPE = { "Content-Type": "application/json" };
const DEEP = "[".repeat(100_000);
const HEX = "0".repeat(64);
const BYTES_DIGEST = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"; // of one zero byte more

/** Every JSON body: what is wrong with it as such. */
const jsonBodies = (method: string, path: string): Bad[] => [
  { method, path, body: "{", headers: JSON_TYPE, status: 400, code: "malformed-body" },
  { method, path, body: DEEP, headers: JSON_TYPE, status: 400, code: "malformed-body" },
  {
    method,
    path,
    body: new Uint8Array([0x22, 0xff, 0x22]),
    headers: JSON_TYPE,
    status: 400,
    code: "malformed-body",
  },
  {
    method,
    path,
    body: "{}",
    headers: { "Content-Type": "text/plain" },
    status: 415,
    code: "unsupported-media-type",
  },
  {
    method,
    path,
    body: "{}",
    headers: { ...JSON_TYPE, "Content-Encoding": "gzip" },
    status: 415,
    code: "unsupported-media-type",
  },
  { method, path, body: " ".repeat(1_048_577), headers: JSON_TYPE, status: 413, code: "body-too-large" },
  { method, path, body: [], status: 400, code: "invalid-request" },
  { method, path, body: null, status: 400, code: "invalid-request" },
  { method, path, body: { ["x".repeat(5000)]: 1 }, status: 400, code: "invalid-request" },
  {
    method,
    path,
    body: '{"__proto__":{"fileName":"a"},"constructor":1}',
    headers: JSON_TYPE,
    status: 400,
    code: "invalid-request",
  },
];

const open = (body: unknown, code = "invalid-request", status = 400): Bad => ({
  method: "POST",
  path: UPLOADS,
  body,
  status,
  code,
});
const chunk = (offset: string, body: string, rest: Partial<Bad> = {}): Bad => ({
  method: "PUT",
  path: `${UPLOADS}/:upload/chunks/${offset}`,
  body,
  status: 400,
  code: "chunk-out-of-range",
  ...rest,
});
const file = (query: string, rest: Partial<Bad> = {}): Bad => ({
  method: "PUT",
  path: `/api/v1/files/${query}`,
  body: "data",
  status: 400,
  code: "invalid-request",
  ...rest,
});
const post = (query: string, rest: Partial<Bad> = {}): Bad => ({
  ...file("", rest),
  method: "POST",
  path: FILES + query,
});

/** A list for administrators, which no other query than these spoils. */
const adminList = (path: string, ...queries: string[]): Bad[] => [
  ...["limit=0", "limit=101", `cursor=${"x".repeat(2049)}`, ...queries].map((query) => ({
    path: `/api/v1/admin/${path}?${query}`,
    user: ADMIN,
    status: 400,
    code: "invalid-request",
  })),
  { path: `/api/v1/admin/${path}?cursor=x`, user: ADMIN, status: 400, code: "invalid-cursor" },
  { path: `/api/v1/admin/${path}`, status: 403, code: "forbidden" },
];

/** Of system A's client, for a file of 4 bytes. */
const OLD_CHUNK = { fileId: "x", chunkOffset: "0", chunkSize: "4", fileSize: "4", fileName: "a" };
const oldForm = (fields: Record<string, string>, file: string) =>
  [
    ...Object.entries(fields).map(([name, value]) =>
      `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n${value}\r\n`
    ),
    `--b\r\nContent-Disposition: form-data; ${file}\r\n--b--\r\n`,
  ].join("");
const OLD_FORM_TYPE = { "Content-Type": "multipart/form-data; boundary=b" };
const oldChunk = (fields: Record<string, string>, chunk: string, rest: Partial<Bad> = {}): Bad => ({
  method: "POST",
  path: "/api/Upload/UploadChunk",
  headers: OLD_FORM_TYPE,
  body: oldForm(fields, `name=chunk; filename=chunk.dat\r\n\r\n${chunk}`),
  status: 400,
  code: "invalid-request",
  ...rest,
});

/** Of system C, whose forms and JSON ignore what they do not know. */
const OLD = "/api/v1/Attachment";
const OLD_CHUNKED = "/api/v1/ChunkedUpload";
const oldFile = (
  kind: string,
  fields: Record<string, string>,
  { file = "name=file; filename=a.exe", ...rest }: Partial<Bad> & { file?: string },
): Bad => ({
  ...oldChunk({}, ""),
  path: `${OLD}/Upload${kind}`,
  body: oldForm(fields, `${file}\r\n\r\ndata`),
  ...rest,
});
const oldSlice = (fields: Record<string, string>, bytes = "data"): Bad => ({
  ...oldChunk({}, ""),
  path: `${OLD_CHUNKED}/UploadChunk`,
  body: oldForm(fields, `name=chunkData; filename=blob\r\n\r\n${bytes}`),
});
const oldJson = (path: string, bodies: unknown[]): Bad[] => [
  ...jsonBodies("POST", path).filter(({ code }) => code !== "invalid-request"),
  ...bodies.map((body) => ({
    method: "POST",
    path,
    body: JSON.stringify(body),
    headers: JSON_TYPE,
    status: 400,
    code: "invalid-request",
  })),
];

const TABLE: Record<string, Bad[]> = {
  "POST /api/v1/uploads": [
    ...jsonBodies("POST", UPLOADS),
    { method: "POST", path: UPLOADS, status: 400, code: "invalid-request" },
    open({}),
    open({ fileName: "a" }),
    open({ fileName: "a", size: -1 }),
    open({ fileName: "a", size: 1.5 }),
    open({ fileName: "a", size: "1" }),
    open({ fileName: "a", size: 1e300 }),
    open({ fileName: 1, size: 1 }),
    open({ fileName: "a", size: 1, unknown: true }),
    open({ fileName: "a", size: 1, sha256: "xyz" }),
    open({ fileName: "a", size: 1, fingerprint: "" }),
    open({ fileName: "a", size: 1, fingerprint: "x".repeat(513) }),
    open({ fileName: "a", size: 1, chunkSize: 1 }),
    open({ fileName: "a", size: 1, chunkSize: 2 ** 40 }),
    open({ fileName: "a", size: 1, visibility: "all" }),
    open({ fileName: "a", size: 1, contentType: "no type" }),
    open({ fileName: "a", size: 1, forceNew: "yes" }),
    open({ fileName: "a/..", size: 1 }, "invalid-file-name"),
    open({ fileName: "", size: 1 }, "invalid-file-name"),
    open({ fileName: "x".repeat(100_000), size: 1 }, "invalid-file-name"),
    open({ fileName: "a", size: 1, businessType: "None" }, "unknown-business-type"),
    open({ fileName: "a", size: 1, businessType: "__proto__" }, "unknown-business-type"),
    open({ fileName: "a.exe", size: 1, businessType: "Image" }, "type-not-allowed", 415),
    open({ fileName: "a.png", size: 2 ** 30, businessType: "Image" }, "file-too-large", 413),
    open({ fileName: "a", size: 2 ** 52 }, "file-too-large", 413),
  ],
  "GET /api/v1/uploads": [
    { path: `${UPLOADS}?limit=0`, status: 400, code: "invalid-request" },
    { path: `${UPLOADS}?limit=x`, status: 400, code: "invalid-request" },
    { path: `${UPLOADS}?cursor=x`, status: 400, code: "invalid-cursor" },
    { path: `${UPLOADS}?cursor=${"x".repeat(3000)}`, status: 400, code: "invalid-request" },
  ],
  "GET /api/v1/uploads/:id": [
    { path: `${UPLOADS}/none`, status: 404, code: "not-found" },
    { path: `${UPLOADS}/${"x".repeat(5000)}`, status: 404, code: "not-found" },
    { path: `${UPLOADS}/%00`, status: 404, code: "not-found" },
    { path: `${UPLOADS}/%ff`, status: 404, code: "not-found" },
  ],
  "GET /api/v1/uploads/:id/chunks": [
    { path: `${UPLOADS}/none/chunks`, status: 404, code: "not-found" },
    { path: `${UPLOADS}/:upload/chunks?limit=1001`, status: 400, code: "invalid-request" },
    { path: `${UPLOADS}/:upload/chunks?cursor=x`, status: 400, code: "invalid-cursor" },
  ],
  "PUT /api/v1/uploads/:id/chunks/:offset": [
    chunk("x", "d"),
    chunk("-1", "d"),
    chunk("1.5", "d"),
    chunk("0x1", "d"),
    chunk("%20", "d"),
    chunk("9".repeat(400), "d"),
    chunk("4", "d"),
    chunk("3", "da"),
    chunk("3", "da", { headers: { "Transfer-Encoding": "chunked" }, status: 413, code: "chunk-too-large" }),
    chunk("0", "", { code: "chunk-too-small" }),
    chunk("0", "data", { headers: { "Content-Digest": "sha-256=nonsense" }, code: "invalid-digest" }),
    chunk("0", "data", { headers: { "Content-MD5": "x" }, code: "invalid-digest" }),
    chunk("0", "data", { headers: { "Content-Digest": BYTES_DIGEST }, status: 422, code: "digest-mismatch" }),
    chunk("0", "data", { path: `${UPLOADS}/none/chunks/0`, status: 404, code: "not-found" }),
  ],
  "POST /api/v1/uploads/:id/complete": [
    ...jsonBodies("POST", `${UPLOADS}/:upload/complete`),
    { method: "POST", path: `${UPLOADS}/:upload/complete`, status: 409, code: "upload-incomplete" },
    {
      method: "POST",
      path: `${UPLOADS}/:upload/complete`,
      body: { sha256: "x" },
      status: 400,
      code: "invalid-request",
    },
    { method: "POST", path: `${UPLOADS}/none/complete`, status: 404, code: "not-found" },
  ],
  "DELETE /api/v1/uploads/:id": [
    { method: "DELETE", path: `${UPLOADS}/none`, status: 404, code: "not-found" },
  ],
  "GET /api/v1/attachments": [
    { path: `${FILES}?limit=101`, status: 400, code: "invalid-request" },
    { path: `${FILES}?state=x`, status: 400, code: "invalid-request" },
    { path: `${FILES}?cursor=x`, status: 400, code: "invalid-cursor" },
    { path: `${FILES}?businessId=x`, status: 400, code: "invalid-request" },
  ],
  "POST /api/v1/attachments": [
    post("", { code: "invalid-request" }),
    post("?fileName=..", { code: "invalid-file-name" }),
    post("?fileName=a&unknown=1"),
    post("?fileName=a&sha256=1"),
    post("?fileName=a&visibility=x"),
    post("?fileName=a&contentType=x"),
    post("?fileName=a&businessType=x", { code: "unknown-business-type" }),
    post("?fileName=a.exe&businessType=Image", { status: 415, code: "type-not-allowed" }),
    post(`?fileName=a&sha256=${HEX}`, { status: 422, code: "digest-mismatch" }),
    post("?fileName=a", { headers: { "Content-Digest": "x" }, code: "invalid-digest" }),
    post("", { headers: { "Content-Type": "multipart/form-data" }, code: "malformed-body" }),
    post("", { headers: { "Content-Type": "multipart/form-data; boundary=x" }, code: "body-incomplete" }),
    post("", {
      headers: { "Content-Type": "multipart/form-data; boundary=x" },
      body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
      code: "malformed-body",
    }),
  ],
  "PUT /api/v1/files/:fileName": [
    file("%20..", { code: "invalid-file-name" }),
    file("a%00b", { code: "invalid-file-name" }),
    file("%20", { code: "invalid-file-name" }),
    file("x".repeat(256), { code: "invalid-file-name" }),
    file("a?visibility=x"),
    file("a?sha256=x"),
    file("a?contentType=%00"),
    file("a?businessType=x", { code: "unknown-business-type" }),
    file("a.exe?businessType=Image", { status: 415, code: "type-not-allowed" }),
    file("a", { headers: { "Repr-Digest": "x" }, code: "invalid-digest" }),
    file(`a?sha256=${HEX}`, { status: 422, code: "digest-mismatch" }),
  ],
  "GET /api/v1/attachments/:id": [
    "none",
    "0",
    "-1",
    "1.0",
    "01",
    "9223372036854775808",
    "9".repeat(5000),
    "%00",
    "%ff",
    "1%2F2",
  ].map((id) => ({ path: `${FILES}/${id}`, status: 404, code: "not-found" })),
  "GET /api/v1/attachments/:id/content": [
    { path: `${FILES}/none/content`, status: 404, code: "not-found" },
    { path: `${FILES}/:file/content?download=yes`, status: 400, code: "invalid-request" },
    { path: `${FILES}/:file/content?fileName=..`, status: 400, code: "invalid-file-name" },
    { path: `${FILES}/:file/content?fileName=${"x".repeat(1025)}`, status: 400, code: "invalid-request" },
    {
      path: `${FILES}/:file/content`,
      headers: { Range: "bytes=9-" },
      status: 416,
      code: "range-not-satisfiable",
    },
    {
      path: `${FILES}/:file/content`,
      headers: { "If-Match": '"x"' },
      status: 412,
      code: "precondition-failed",
    },
  ],
  "PATCH /api/v1/attachments/:id": [
    ...jsonBodies("PATCH", `${FILES}/:file`),
    {
      method: "PATCH",
      path: `${FILES}/:file`,
      body: { fileName: "" },
      status: 400,
      code: "invalid-file-name",
    },
    { method: "PATCH", path: `${FILES}/none`, body: { fileName: "a" }, status: 404, code: "not-found" },
  ],
  "DELETE /api/v1/attachments/:id": [
    { method: "DELETE", path: `${FILES}/none`, status: 404, code: "not-found" },
    { method: "DELETE", path: `${FILES}/:file?permanent=1`, status: 400, code: "invalid-request" },
    { method: "DELETE", path: `${FILES}/:file?permanent=`, status: 400, code: "invalid-request" },
  ],
  "POST /api/v1/attachments/restore": [
    ...jsonBodies("POST", `${FILES}/restore`),
    { method: "POST", path: `${FILES}/restore`, body: { ids: "1" }, status: 400, code: "invalid-request" },
    { method: "POST", path: `${FILES}/restore`, body: { ids: [] }, status: 400, code: "invalid-request" },
  ],
  "POST /api/v1/attachments/:id/tokens": [
    ...jsonBodies("POST", `${FILES}/:file/tokens`),
    ...[{ validHours: 0 }, { validHours: "1" }, { maxUses: -1 }, { maxUses: 1.5 }, { authorizedIp: "here" }]
      .map((
        body,
      ) => ({ method: "POST", path: `${FILES}/:file/tokens`, body, status: 400, code: "invalid-request" })),
    { method: "POST", path: `${FILES}/none/tokens`, body: {}, status: 404, code: "not-found" },
  ],
  "GET /api/v1/attachments/:id/tokens": [
    { path: `${FILES}/:file/tokens?limit=0`, status: 400, code: "invalid-request" },
    { path: `${FILES}/:file/tokens?cursor=x`, status: 400, code: "invalid-cursor" },
    { path: `${FILES}/none/tokens`, status: 404, code: "not-found" },
  ],
  "DELETE /api/v1/tokens/:id": [
    { method: "DELETE", path: "/api/v1/tokens/none", status: 404, code: "not-found" },
    { method: "DELETE", path: `/api/v1/tokens/${"x".repeat(5000)}`, status: 404, code: "not-found" },
  ],
  "POST /api/v1/archives": [
    ...jsonBodies("POST", "/api/v1/archives"),
    ...[{ ids: [] }, { ids: [1] }, { ids: "1" }, { ids: ["x".repeat(33)] }].map((body) => ({
      method: "POST",
      path: "/api/v1/archives",
      body,
      status: 400,
      code: "invalid-request",
    })),
    { method: "POST", path: "/api/v1/archives", body: { ids: ["none"] }, status: 404, code: "not-found" },
    {
      method: "POST",
      path: "/api/v1/archives",
      body: { ids: ["9".repeat(30)] },
      status: 404,
      code: "not-found",
    },
  ],
  "GET /api/v1/archives": [
    { path: "/api/v1/archives", status: 400, code: "invalid-request" },
    { path: `/api/v1/archives?${"id=1&".repeat(101)}`, status: 400, code: "invalid-request" },
    { path: "/api/v1/archives?id=none", status: 404, code: "not-found" },
    { path: "/api/v1/archives?id=:file&fileName=..", status: 400, code: "invalid-file-name" },
  ],
  "GET /api/v1/archives/:id": [
    { path: "/api/v1/archives/none", status: 404, code: "not-found" },
    { path: `/api/v1/archives/${"x".repeat(5000)}`, status: 404, code: "not-found" },
  ],
  "GET /api/v1/admin/audit": [
    ...["limit=0", "from=yesterday", "action=none", "targetKind=upload", "outcome=maybe"].map((query) => ({
      path: `/api/v1/admin/audit?${query}`,
      user: ADMIN,
      status: 400,
      code: "invalid-request",
    })),
    { path: "/api/v1/admin/audit?cursor=x", user: ADMIN, status: 400, code: "invalid-cursor" },
    { path: "/api/v1/admin/audit", status: 403, code: "forbidden" },
  ],
  "POST /api/v1/admin/audit/verify": [
    ...jsonBodies("POST", "/api/v1/admin/audit/verify").map((bad) => ({ ...bad, user: ADMIN })),
    {
      method: "POST",
      path: "/api/v1/admin/audit/verify",
      user: ADMIN,
      body: { expectedHead: "x" },
      status: 400,
      code: "invalid-request",
    },
    { method: "POST", path: "/api/v1/admin/audit/verify", status: 403, code: "forbidden" },
  ],
  "GET /api/v1/admin/overview": [{ path: "/api/v1/admin/overview", status: 403, code: "forbidden" }],
  "GET /api/v1/admin/uploads": adminList("uploads", "owner=", `owner=${"x".repeat(129)}`),
  "GET /api/v1/admin/attachments": adminList(
    "attachments",
    "owner=",
    "state=all",
    `q=${"x".repeat(256)}`,
    `businessType=${"x".repeat(65)}`,
  ),
  "GET /api/v1/admin/storage": [{ path: "/api/v1/admin/storage", status: 403, code: "forbidden" }],
  "GET /api/v1/admin/usage": adminList("usage", "sort=size"),
  "GET /api/v1/admin/tokens": adminList("tokens", "owner=", "status=used"),
  "POST /api/v1/admin/maintenance/hold": [
    { method: "POST", path: "/api/v1/admin/maintenance/hold", status: 403, code: "forbidden" },
  ],
  "PUT /api/v1/admin/maintenance/hold/:id": [
    {
      method: "PUT",
      path: "/api/v1/admin/maintenance/hold/none",
      user: ADMIN,
      status: 404,
      code: "not-found",
    },
    { method: "PUT", path: "/api/v1/admin/maintenance/hold/none", status: 403, code: "forbidden" },
    {
      method: "PUT",
      path: `/api/v1/admin/maintenance/hold/${"x".repeat(65)}`,
      user: ADMIN,
      status: 400,
      code: "invalid-request",
    },
  ],
  "DELETE /api/v1/admin/maintenance/hold/:id": [
    { method: "DELETE", path: "/api/v1/admin/maintenance/hold/none", status: 403, code: "forbidden" },
  ],
  "POST /api/v1/admin/maintenance/check": [
    ...jsonBodies("POST", "/api/v1/admin/maintenance/check").map((bad) => ({ ...bad, user: ADMIN })),
    {
      method: "POST",
      path: "/api/v1/admin/maintenance/check",
      user: ADMIN,
      body: { mend: "yes" },
      status: 400,
      code: "invalid-request",
    },
    { method: "POST", path: "/api/v1/admin/maintenance/check", status: 403, code: "forbidden" },
  ],
  "GET /api/v1/admin/jobs": [{ path: "/api/v1/admin/jobs", status: 403, code: "forbidden" }],
  "GET /api/v1/admin/jobs/:name/runs": [
    { path: "/api/v1/admin/jobs/none/runs", user: ADMIN, status: 404, code: "not-found" },
    { path: "/api/v1/admin/jobs/__proto__/runs", user: ADMIN, status: 404, code: "not-found" },
    { path: `/api/v1/admin/jobs/${"x".repeat(65)}/runs`, user: ADMIN, status: 400, code: "invalid-request" },
    { path: "/api/v1/admin/jobs/orphans/runs", status: 403, code: "forbidden" },
  ],
  "POST /api/v1/admin/jobs/:name/run": [
    ...jsonBodies("POST", "/api/v1/admin/jobs/orphans/run").map((bad) => ({ ...bad, user: ADMIN })),
    ...[{ dryRun: "yes" }, { dry: true }].map((body) => ({
      method: "POST",
      path: "/api/v1/admin/jobs/orphans/run",
      user: ADMIN,
      body,
      status: 400,
      code: "invalid-request",
    })),
    {
      method: "POST",
      path: "/api/v1/admin/jobs/storedBytes/run",
      user: ADMIN,
      body: { dryRun: true },
      status: 400,
      code: "invalid-request",
    },
    { method: "POST", path: "/api/v1/admin/jobs/none/run", user: ADMIN, status: 404, code: "not-found" },
    { method: "POST", path: "/api/v1/admin/jobs/orphans/run", status: 403, code: "forbidden" },
  ],
  "GET /api/Upload/GetUploadStatus": [
    { path: "/api/Upload/GetUploadStatus", status: 400, code: "invalid-request" },
    { path: `/api/upload/getuploadstatus?fileId=${"x".repeat(513)}`, status: 400, code: "invalid-request" },
    { path: "/api/Upload/GetUploadStatus?fileId=x", user: null, status: 401, code: "unauthenticated" },
  ],
  "POST /api/Upload/UploadChunk": [
    oldChunk({}, "data"),
    oldChunk({ fileId: "x" }, "data"),
    oldChunk({ ...OLD_CHUNK, chunkOffset: "-1" }, "data"),
    oldChunk({ ...OLD_CHUNK, fileSize: "1e3" }, "data"),
    oldChunk({ ...OLD_CHUNK, chunkHash: "x" }, "data"),
    oldChunk({ ...OLD_CHUNK, fileId: "" }, "data"),
    oldChunk({ ...OLD_CHUNK, fileName: ".." }, "data", { code: "invalid-file-name" }),
    oldChunk({ ...OLD_CHUNK, fileSize: "9".repeat(15) }, "data", { status: 413, code: "file-too-large" }),
    oldChunk({ fileId: "x", fileName: "a", chunkNumber: "1", totalChunks: "1" }, "data", {
      code: "chunk-out-of-range",
    }),
    oldChunk({ fileId: "x", fileName: "a", chunkNumber: "0", totalChunks: "2" }, "data", {
      code: "chunk-too-small",
    }),
    {
      ...oldChunk({}, ""),
      body: "x",
      headers: { "Content-Type": "multipart/form-data" },
      code: "malformed-body",
    },
    { ...oldChunk({}, ""), body: "{}", headers: JSON_TYPE, status: 415, code: "unsupported-media-type" },
    { ...oldChunk({}, ""), user: null, status: 401, code: "unauthenticated" },
  ],
  "POST /api/Upload/MergeChunks": [
    ...jsonBodies("POST", "/api/Upload/MergeChunks"),
    {
      method: "POST",
      path: "/api/Upload/MergeChunks",
      body: { FileId: "x", FileName: "y" },
      status: 404,
      code: "not-found",
    },
  ],
  ...Object.fromEntries(["Image", "Document"].map((kind) => [
    `POST ${OLD}/Upload${kind}`,
    [
      oldFile(kind, {}, { code: "malformed-body", file: "name=none" }),
      oldFile(kind, {}, { status: 415, code: "type-not-allowed" }),
      oldFile(kind, { businessType: "None" }, { code: "unknown-business-type" }),
      oldFile(kind, { businessType: "x".repeat(300) }, {}),
      oldFile(kind, {}, { code: "invalid-file-name", file: "name=file" }),
      { ...oldFile(kind, {}, {}), headers: JSON_TYPE, status: 415, code: "unsupported-media-type" },
      { ...oldFile(kind, {}, {}), user: null, status: 401, code: "unauthenticated" },
    ],
  ])),
  [`GET ${OLD}/GetById/:id`]: [
    { path: `${OLD}/GetById/none`, status: 404, code: "not-found" },
    { path: `${OLD}/getbyid/${"9".repeat(5000)}`, status: 404, code: "not-found" },
  ],
  [`GET ${OLD}/GetByBusiness`]: [
    { path: `${OLD}/GetByBusiness`, status: 400, code: "invalid-request" },
    { path: `${OLD}/GetByBusiness?businessType=a`, status: 400, code: "invalid-request" },
  ],
  [`GET ${OLD}/Download/:id`]: [
    { path: `${OLD}/Download/none`, status: 404, code: "not-found" },
    {
      path: `${OLD}/Download/:file`,
      headers: { Range: "bytes=9-" },
      status: 416,
      code: "range-not-satisfiable",
    },
  ],
  [`DELETE ${OLD}/Delete/:id`]: [
    { method: "DELETE", path: `${OLD}/Delete/none`, status: 404, code: "not-found" },
  ],
  [`POST ${OLD}/DeleteBatch`]: oldJson(`${OLD}/DeleteBatch`, [[], {}, null, [{}], [-1], "1"]),
  [`PUT ${OLD}/UpdateBusinessAssociation/:id`]: [
    { method: "PUT", path: `${OLD}/UpdateBusinessAssociation/none`, status: 404, code: "not-found" },
    {
      method: "PUT",
      path: `${OLD}/UpdateBusinessAssociation/:file?businessType=None`,
      status: 400,
      code: "unknown-business-type",
    },
    {
      method: "PUT",
      path: `${OLD}/UpdateBusinessAssociation/:file?businessId=${"x".repeat(300)}`,
      status: 400,
      code: "invalid-request",
    },
  ],
  [`POST ${OLD}/CreateAccessToken`]: oldJson(`${OLD}/CreateAccessToken`, [
    [],
    null,
    {},
    { attachmentId: "1", validHours: 0 },
    { attachmentId: "1", maxAccessCount: -1 },
  ]),
  [`GET ${OLD}/DownloadByToken`]: [
    { path: `${OLD}/DownloadByToken`, status: 400, code: "invalid-request" },
    { path: `${OLD}/DownloadByToken?token=none`, status: 403, code: "forbidden" },
  ],
  [`POST ${OLD}/RevokeAccessToken`]: [
    ...oldJson(`${OLD}/RevokeAccessToken`, [[], null, {}, 1]),
    {
      method: "POST",
      path: `${OLD}/RevokeAccessToken`,
      body: ["none"],
      status: 400,
      code: "invalid-request",
    },
    {
      method: "POST",
      path: `${OLD}/RevokeAccessToken`,
      body: '"none"',
      headers: JSON_TYPE,
      status: 404,
      code: "not-found",
    },
  ],
  [`GET ${OLD}/GetAttachmentTokens`]: [
    { path: `${OLD}/GetAttachmentTokens`, status: 400, code: "invalid-request" },
    { path: `${OLD}/GetAttachmentTokens?attachmentId=1`, status: 404, code: "not-found" },
  ],
  [`POST ${OLD_CHUNKED}/CreateSession`]: [
    ...oldJson(`${OLD_CHUNKED}/CreateSession`, [[], null, {}, { fileName: "a" }, {
      fileName: "a",
      totalSize: -1,
    }, {
      fileName: "a",
      totalSize: 1,
      chunkSize: 1,
    }]),
    {
      method: "POST",
      path: `${OLD_CHUNKED}/CreateSession`,
      body: { fileName: "a.exe", totalSize: 1, businessType: "Image" },
      status: 415,
      code: "type-not-allowed",
    },
  ],
  [`POST ${OLD_CHUNKED}/UploadChunk`]: [
    { ...oldSlice({}), code: "invalid-request" },
    { ...oldSlice({ sessionId: "none", chunkIndex: "0" }), status: 404, code: "not-found" },
    { ...oldSlice({ sessionId: ":upload", chunkIndex: "9" }), code: "chunk-out-of-range" },
    { ...oldSlice({ sessionId: ":upload", chunkIndex: "-1" }) },
    { ...oldSlice({ sessionId: ":upload", chunkIndex: "0" }, "12345"), status: 413, code: "chunk-too-large" },
  ],
  [`GET ${OLD_CHUNKED}/GetSession`]: [
    { path: `${OLD_CHUNKED}/GetSession`, status: 400, code: "invalid-request" },
    { path: `${OLD_CHUNKED}/GetSession?sessionId=none`, status: 404, code: "not-found" },
  ],
  [`POST ${OLD_CHUNKED}/MergeChunks`]: [
    ...oldJson(`${OLD_CHUNKED}/MergeChunks`, [[], null, {}, { sessionId: "x", removeExif: "maybe" }]),
    {
      method: "POST",
      path: `${OLD_CHUNKED}/MergeChunks`,
      body: { sessionId: "none" },
      status: 404,
      code: "not-found",
    },
  ],
  [`POST ${OLD_CHUNKED}/CancelSession`]: oldJson(`${OLD_CHUNKED}/CancelSession`, [[], null, {}, 1]),
  // No issuer is set up here, and no request of this test comes from a page.
  "GET /api/v1/sign-in/issuer": [{ path: "/api/v1/sign-in/issuer", status: 404, code: "not-found" }],
  "POST /api/v1/sign-in/issuer": [
    { method: "POST", path: "/api/v1/sign-in/issuer", body: {}, status: 403, code: "cross-site" },
  ],
  "POST /api/v1/attachments/delete": [
    ...jsonBodies("POST", `${FILES}/delete`),
    { method: "POST", path: `${FILES}/delete`, body: { ids: "1" }, status: 400, code: "invalid-request" },
    { method: "POST", path: `${FILES}/delete`, body: { ids: [1] }, status: 400, code: "invalid-request" },
    {
      method: "POST",
      path: `${FILES}/delete`,
      body: { ids: ["x".repeat(33)] },
      status: 400,
      code: "invalid-request",
    },
  ],
  "POST /api/v1/attachments/:id/restore": [
    { method: "POST", path: `${FILES}/none/restore`, status: 404, code: "not-found" },
  ],
  "GET /api/v1/session": [{ path: "/api/v1/session", user: null, status: 401, code: "unauthenticated" }],
  "POST /api/v1/session": [
    { method: "POST", path: "/api/v1/session", user: null, status: 401, code: "unauthenticated" },
  ],
};

/** What any route may answer, whoever asks; not repeated in the description of each. */
const ANYWHERE = new Set(["token-invalid", "unknown-host"]);

async function send(app: TestApp, bad: Bad, ids: Record<string, string>): Promise<Response> {
  const { path, method = "GET", user = ALICE, headers, body } = bad;
  const plain = typeof body === "string" || body instanceof Uint8Array || body === undefined;
  const init: RequestInit & { user: TestUser | null } = { method, user, headers: { ...headers } };
  if (body !== undefined) {
    init.body = plain ? body as string : JSON.stringify(body);
    if (!plain) init.headers = { ...JSON_TYPE, ...headers };
  }
  const named = (text: string) => text.replace(/:(file|upload)\b/, (_, kind) => ids[kind]!);
  if (typeof init.body === "string") init.body = named(init.body);
  return await app.request(named(path), init);
}

/** Fails unless it is a problem document that says what `X-Request-Id` says, and gives `status` and `code`. */
async function assertProblem(
  response: Response,
  { status, code }: Pick<Bad, "status" | "code">,
  what: string,
) {
  const text = await response.text();
  assert.equal(response.status, status, `${what}: ${text.slice(0, 500)}`);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  if (/\/api\/(upload\/|ping)|\/uploads\/completed\//i.test(what)) {
    // As a sentence, which its clients show.
    assert.equal(response.headers.get("Content-Type"), "text/plain; charset=utf-8", what);
    return assert.match(text, /^.{15,500}[.?]$/s, what);
  }
  if (/\/api\/v1\/(attachment|chunkedupload)\//i.test(what)) {
    assert.equal(response.headers.get("Content-Type"), "application/json", what);
    const { statusCode, isSuccess, messageInfo, responseData, code: told, messageKey } = JSON.parse(text);
    assert.deepEqual({ statusCode, isSuccess, responseData, told, messageKey }, {
      statusCode: status,
      isSuccess: false,
      responseData: null,
      told: code,
      messageKey: null,
    }, `${what}: ${text}`);
    return assert.ok(messageInfo.length > 15 && text.length < 20_000, what);
  }
  assert.equal(response.headers.get("Content-Type"), "application/problem+json", what);
  const problem = JSON.parse(text);
  assert.equal(problem.code, code, `${what}: ${problem.detail}`);
  assert.equal(problem.status, status);
  assert.equal(problem.type, `/docs/problems#${code}`);
  assert.equal(problem.instance, response.headers.get("X-Request-Id"));
  assert.ok(problem.title.length > 3 && problem.detail.length > 15, what);
  assert.ok(text.length < 20_000, "a refusal is small, whatever was sent");
}

/** `METHOD path` with the codes that its description names for each status. */
async function describedCodes(app: TestApp) {
  const { paths } = await (await app.request("/openapi.json")).json();
  return (route: string, status: number): string => {
    const [method, path] = route.replaceAll(/:(\w+)/g, "{$1}").split(" ");
    return paths[path!]?.[method!.toLowerCase()]?.responses[status]?.description ?? "nothing";
  };
}

Deno.test("Malformed requests are refused with their own code, as described, and change nothing", async (t) => {
  await using app = await startApp();
  const described = await describedCodes(app);
  const { id } = await putFile(app);
  const { body: { id: upload } } = await app.json("POST", UPLOADS, { body: { fileName: "a", size: 4 } });
  const ids = { file: id, upload };
  const state = async () => [
    (await app.json("GET", FILES)).body,
    (await app.json("GET", `${FILES}?state=deleted`)).body,
    (await app.json("GET", UPLOADS)).body,
  ];
  const before = await state();

  await t.step("the table has a row for every route of the API that can be asked wrongly", () => {
    const routes = app.routes().filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
      .map(({ method, path }) => `${method} ${path}`);
    const always = [
      "GET /api/Ping",
      "GET /api/v1/ping",
      "DELETE /api/v1/session",
      "GET /api/v1/sign-in",
      "GET /api/v1/business-types",
      "GET /api/v1/usage",
    ];
    assert.deepEqual([...new Set(routes)].sort(), [...Object.keys(TABLE), ...always].sort());
  });

  for (const [route, rows] of Object.entries(TABLE)) {
    await t.step(route, async () => {
      for (const bad of rows) {
        const what = `${bad.path.slice(0, 60)} ${JSON.stringify(bad.body ?? null).slice(0, 60)}`;
        await assertProblem(await send(app, bad, ids), bad, what);
        assert.ok(
          described(route, bad.status).includes(`\`${bad.code}\``),
          `${bad.code} of ${what} is not described`,
        );
      }
      for (
        const [headers, code] of [
          [{ Authorization: "Bearer nonsense" }, "token-invalid"],
          [{ Authorization: "Basic YTpi" }, "token-invalid"],
          [{ Host: "evil.example" }, "unknown-host"],
        ] as [Record<string, string>, string][]
      ) {
        assert.ok(ANYWHERE.has(code));
        const status = code === "unknown-host" ? 421 : 401;
        const response = await send(app, { ...rows[0]!, headers: { ...rows[0]!.headers, ...headers } }, ids);
        await assertProblem(response, { status, code }, `${code} ${rows[0]!.path}`);
      }
    });
  }

  await t.step("nothing has changed", async () => assert.deepEqual(await state(), before));
});

Deno.test("Unknown addresses are told as such, whatever is sent there", async () => {
  await using app = await startApp();
  const paths = [
    "/none",
    "/api",
    "/api/v1",
    "/api/v2/uploads",
    "/api/v1/uploads/",
    "/api/v1/uploads/a/b",
    "/api/v1/attachments/1/2/3",
    "/API/V1/UPLOADS",
    "/..%2f..%2fetc/passwd",
    "/%00",
    "/%ff%fe",
    "/%",
    "/docs/",
    `/${"x".repeat(8000)}`,
  ];
  for (const path of paths) {
    for (const method of ["GET", "POST", "DELETE", "PROPFIND"]) {
      const response = await app.request(path, { method, ...(method === "POST" && { body: "x" }) });
      await assertProblem(response, { status: 404, code: "not-found" }, `${method} ${path.slice(0, 50)}`);
    }
    const head = await app.request(path, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [404, ""]);
  }
});

Deno.test("Wrong methods are told what every address takes", async () => {
  await using app = await startApp();
  const methods = new Map<string, Set<string>>();
  for (const { method, path } of app.routes()) {
    // Those of tus take every method, and say themselves which they meant.
    if (method === "ALL" || path.startsWith("/files")) continue;
    const at = path.replace(/:\w+(\{[^}]*\})?/g, "1");
    methods.set(at, (methods.get(at) ?? new Set(["OPTIONS"])).add(method));
    if (method === "GET") methods.get(at)!.add("HEAD");
  }
  // Another route's pattern takes these addresses too.
  for (const path of ["delete", "restore"]) {
    for (const method of methods.get("/api/v1/attachments/1")!) {
      methods.get(`/api/v1/attachments/${path}`)!.add(method);
    }
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed].sort().join(", ");
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "FOO"]) {
      if (allowed.has(method)) continue;
      const response = await app.request(path, { method });
      await assertProblem(response, { status: 405, code: "method-not-allowed" }, `${method} ${path}`);
      assert.equal(response.headers.get("Allow"), allow, `${method} ${path}`);
    }
    const options = await app.request(path, { method: "OPTIONS" });
    assert.deepEqual([options.status, options.headers.get("Allow")], [204, allow], path);
  }
});
