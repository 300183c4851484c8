/**
 * The client library of Pawl: resumable uploads and downloads and the calls of its API, for browsers, Deno and
 * Node 20.
 *
 * ```ts
 * const pawl = connect({ baseUrl: "https://files.example.org/", token });
 * const attachment = await pawl.upload(file, { onProgress }).result;
 * await pawl.download(attachment, { to: "copy.mp4" }).result;
 * ```
 */
export { connect } from "./connect.ts";
export { PawlError } from "./errors.ts";
export type { ClientErrorCode, PawlErrorOptions } from "./errors.ts";
export { fingerprint } from "./fingerprint.ts";
export { openFile } from "./local_file.ts";
export type { OpenedFile } from "./local_file.ts";
export type { TransferProgress } from "./progress_types.ts";
export type * from "./api_types.ts";
export type * from "./download_types.ts";
export type * from "./types.ts";
export type * from "./upload_types.ts";
