/** The library's types are those of the server's answers: checked when this file is, not when it runs. */
import type { z } from "@hono/zod-openapi";
import type * as client from "../../client/mod.ts";
import type { BrowserSession } from "../../routes/browser_session.ts";
import type { Attachment, OpenBody, Session, Span } from "../../routes/schemas.ts";
import type { Token } from "../../routes/tokens.ts";

/** Does not compile unless both can stand for each other. */
type Same<A, B> = [A, B] extends [B, A] ? true : never;

const same: [
  Same<z.infer<typeof Attachment>, client.Attachment>,
  Same<z.infer<typeof Session>, client.UploadSession>,
  Same<z.infer<typeof Span>, client.Span>,
  Same<z.infer<typeof Token>, client.AccessToken>,
  Same<z.infer<typeof BrowserSession>, client.BrowserSession>,
  Same<NonNullable<z.input<typeof OpenBody>["image"]>, client.ImageOptions>,
] = [true, true, true, true, true, true];

Deno.test("the library's types are those of the server's answers", () => {
  if (same.some((each) => !each)) throw new Error("they are not");
});
