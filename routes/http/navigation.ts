/** Who wants a page rather than bytes, and in which language. Pure. */
import { parseAccept } from "hono/utils/accept";

/**
 * Programs that look at a link to show what is behind it, as they name themselves: chats, mail, search. Some of
 * them ask for a range, and for any type.
 */
const PREVIEWERS =
  /bot(?![a-z])|crawler|spider|facebookexternalhit|meta-external|whatsapp|slack-imgproxy|skypeuripreview|microsoftpreview|google-(?:pagerenderer|inspectiontool)|linkpreview|embedly|iframely|vkshare|mastodon|pleroma|misskey|viber|snapchat|bitlybot|nuzzel/i;

/**
 * A person's browser that goes to the address (it names `text/html` and asks for no range), or a program that
 * previews it. Pictures, media, downloads by `curl` and by managers name no `text/html`.
 */
export function wantsPage(headers: Headers): boolean {
  if (PREVIEWERS.test(headers.get("User-Agent") ?? "")) return true;
  if (headers.has("Range")) return false;
  // Fetch Metadata: absent towards plain http addresses.
  if ((headers.get("Sec-Fetch-Mode") ?? "navigate") !== "navigate") return false;
  return parseAccept(headers.get("Accept") ?? "").some(({ type, q }) =>
    type.toLowerCase() === "text/html" && q > 0
  );
}

/** The first of `offered` unless `Accept-Language` (RFC 9110 section 12.5.4) likes another better; `zh` stands for `zh-CN` too. */
export function preferredLanguage<Language extends string>(
  headers: Headers,
  offered: readonly [Language, ...Language[]],
): Language {
  const liked = parseAccept(headers.get("Accept-Language") ?? "").filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { type } of liked) {
    const [primary] = type.toLowerCase().split("-");
    const found = offered.find((language) => language === primary);
    if (found) return found;
  }
  return offered[0];
}
