/** The addresses of the old clients: matched without regard to case, as their servers did. */
import { getPath } from "hono/utils/url";

export type OldSystem = "dotnet" | "radish";

/** As registered, up to the first parameter. */
const ADDRESSES: readonly [OldSystem, string][] = [
  ["dotnet", "/api/Ping"],
  ["dotnet", "/api/Upload/GetUploadStatus"],
  ["dotnet", "/api/Upload/UploadChunk"],
  ["dotnet", "/api/Upload/MergeChunks"],
  ["dotnet", "/uploads/completed/"],
  ["radish", "/api/v1/Attachment/UploadImage"],
  ["radish", "/api/v1/Attachment/UploadDocument"],
  ["radish", "/api/v1/Attachment/GetById/"],
  ["radish", "/api/v1/Attachment/GetByBusiness"],
  ["radish", "/api/v1/Attachment/Download/"],
  ["radish", "/api/v1/Attachment/DownloadByToken"],
  ["radish", "/api/v1/Attachment/Delete/"],
  ["radish", "/api/v1/Attachment/DeleteBatch"],
  ["radish", "/api/v1/Attachment/UpdateBusinessAssociation/"],
  ["radish", "/api/v1/Attachment/CreateAccessToken"],
  ["radish", "/api/v1/Attachment/RevokeAccessToken"],
  ["radish", "/api/v1/Attachment/GetAttachmentTokens"],
  ["radish", "/api/v1/ChunkedUpload/CreateSession"],
  ["radish", "/api/v1/ChunkedUpload/UploadChunk"],
  ["radish", "/api/v1/ChunkedUpload/GetSession"],
  ["radish", "/api/v1/ChunkedUpload/MergeChunks"],
  ["radish", "/api/v1/ChunkedUpload/CancelSession"],
];

/** Everything below these is theirs, also what was never there. */
const ROOMS: readonly [OldSystem, string][] = [
  ["dotnet", "/api/Ping"],
  ["dotnet", "/api/Upload/"],
  ["dotnet", "/uploads/completed/"],
  ["radish", "/api/v1/Attachment/"],
  ["radish", "/api/v1/ChunkedUpload/"],
];

/** An address of the old clients in the case in which it is registered, its parameter as it is; any other unchanged. */
export function registeredPath(path: string): string {
  const lower = path.toLowerCase();
  for (const [, address] of ADDRESSES) {
    const same = lower.startsWith(address.toLowerCase());
    if (same && (address.endsWith("/") || path.length === address.length)) {
      return address + path.slice(address.length);
    }
  }
  return path;
}

/** Whose address it is; null: nobody's of them. */
export function oldSystemOf(path: string): OldSystem | null {
  const lower = path.toLowerCase();
  return ROOMS.find(([, room]) => lower.startsWith(room.toLowerCase()))?.[0] ?? null;
}

/** For the app: the path by which a request is routed. */
export function routedPath(request: Request): string {
  return registeredPath(getPath(request));
}
