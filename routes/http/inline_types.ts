/** Which types of user content a browser may show, and as what content goes out at all. */

/**
 * Types without active content. PDF and SVG are missing on purpose: both can hold scripts, and a frame of our own
 * has to ask for a PDF (`preview`).
 */
const INLINE_TYPES = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "video/mp4",
  "video/webm",
  "video/ogg",
  "audio/mp4",
  "audio/webm",
  "audio/ogg",
  "audio/mpeg",
  "audio/wav",
  "audio/x-wav",
]);

/**
 * Types that a browser runs or takes apart even when they come as an attachment: a page of ours would load
 * them by `<script src>` or `<link>`, since they are from its own origin.
 */
const ACTIVE_TYPES =
  /^(?:(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script|text\/css$|multipart\/|message\/)/;
const ESSENCE = /^[!#$%&'*+.^_`|~0-9a-z-]{1,127}\/[!#$%&'*+.^_`|~0-9a-z-]{1,127}$/;

/** User content can never run: no scripts, no plug-ins, no forms, an origin of its own. */
const POLICY =
  "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";
/**
 * The document that a browser makes for audio and video asks for the address once more. From an opaque origin
 * that request carries no cookie and is refused, so the origin stays; without `allow-scripts` nothing runs in it.
 */
const MEDIA_POLICY =
  "sandbox allow-same-origin; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/**
 * A PDF in a frame of our own page, by the browser's viewer, which runs what is in the file apart from any site.
 * Nearly all viewers refuse to work in a sandbox; what keeps our origin safe is that the type is fixed to one that is
 * never taken for a page, and that nothing may load or send anything.
 */
const PDF_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

export interface PresentationWish {
  /** To be saved, whatever the type. */
  download: boolean;
  /** Shown in a frame of our own page, if it can be. */
  preview?: boolean;
}

export interface Presentation {
  /** The `Content-Type` to send. */
  contentType: string;
  disposition: "inline" | "attachment";
  /** The `Content-Security-Policy` to send. */
  policy: string;
}

/**
 * Decides how content of the stored type `contentType` goes out. Only the essence counts; parameters are
 * dropped. Plain text is always declared to be UTF-8; what is active or no media type at all goes out as
 * `application/octet-stream`.
 */
export function presentation(
  contentType: string,
  { download, preview = false }: PresentationWish,
): Presentation {
  const essence = contentType.slice(0, 512).split(";", 1)[0]!.trim().toLowerCase();
  const plainText = essence === "text/plain";
  const pdf = preview && essence === "application/pdf";
  const shown = !download && (plainText || pdf || INLINE_TYPES.has(essence));
  const safe = ESSENCE.test(essence) && !ACTIVE_TYPES.test(essence);
  return {
    contentType: plainText ? "text/plain; charset=utf-8" : safe ? essence : "application/octet-stream",
    disposition: shown ? "inline" : "attachment",
    policy: !shown ? POLICY : pdf ? PDF_POLICY : /^(?:audio|video)\//.test(essence) ? MEDIA_POLICY : POLICY,
  };
}
