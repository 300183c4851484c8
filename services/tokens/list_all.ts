/** Links to files of all owners, for administrators: the one that ends last first. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, TokenRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { KEEP_MS } from "../records/tokens.ts";
import { scanPage } from "../scan.ts";
import type { ListPage } from "../uploads/sessions.ts";
import { tokenStatus } from "./tokens.ts";

export interface TokenOfFile {
  token: TokenRecord;
  /** null: the file is gone for good. */
  fileName: string | null;
}

export interface ListAllTokens {
  /** `active`: lets somebody in now; `ended`: expired, used up or taken back, until they are forgotten; absent: both. */
  status?: "active" | "ended" | undefined;
  /** Of the file. */
  owner?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export async function listAllTokens(
  core: Core,
  { status, owner, limit, cursor }: ListAllTokens,
): Promise<ListPage<TokenOfFile>> {
  const { records } = core;
  const now = core.now();
  const matches = (token: TokenRecord) =>
    (owner ?? token.ownerId) === token.ownerId &&
    (status === undefined || (tokenStatus(token, now) === "active") === (status === "active"));

  const page = await scanPage<TokenRecord>(records, {
    prefix: keys.tokensByExpiry(),
    rest: ["number", "string"],
    order: "down",
    limit,
    cursor,
    // They stand there by the time of their removal.
    ...(status === "active" && { isBeyond: (key) => (key.at(-2) as number) <= now + KEEP_MS }),
    resolve: async (rows) => {
      const tokens = await records.getMany<TokenRecord>(
        rows.map(({ key }) => keys.token(key.at(-1) as string)),
      );
      return tokens.map(({ value }) => value && matches(value) ? value : null);
    },
  });
  return { items: await withFiles(core, page.items), cursor: page.cursor };
}

async function withFiles({ records }: Core, tokens: TokenRecord[]): Promise<TokenOfFile[]> {
  const files = await records.getMany<AttachmentRecord>(
    tokens.map(({ attachmentId }) => keys.attachment(attachmentId)),
  );
  return tokens.map((token, index) => ({ token, fileName: files[index]!.value?.fileName ?? null }));
}
