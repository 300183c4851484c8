/** The beginning of a text, as characters. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { useWords } from "../i18n/words.ts";

const AT_MOST = 256 * 1024;

export interface TextContentProps {
  attachment: Attachment;
  url: string;
  onError: () => void;
}

export function TextContent({ attachment: { size, fileName }, url, onError }: TextContentProps) {
  const { m, format } = useWords();
  const [text, setText] = useState<string | null>(size === 0 ? "" : null);
  useLayoutEffect(() => {
    if (size === 0) return;
    const stop = new AbortController();
    beginningOf(url, stop.signal).then(setText, () => {
      if (!stop.signal.aborted) onError();
    });
    return () => stop.abort();
  }, [url]);
  if (text === null) return <p class="soft" role="status">{m.loading}</p>;
  if (size === 0) return <p class="soft">{m.preview.empty}</p>;
  return (
    <div class="text">
      <pre tabindex={0} aria-label={m.preview.label(fileName)}>{text}</pre>
      {size > AT_MOST && <p class="soft small">{m.preview.cut(format.bytes(AT_MOST))}</p>}
    </div>
  );
}

async function beginningOf(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal, headers: { Range: `bytes=0-${AT_MOST - 1}` } });
  if (!response.ok) throw new Error(String(response.status));
  const bytes = new Uint8Array(await response.arrayBuffer());
  // A byte order mark says UTF-16; all else is read as UTF-8, where a cut character at the end is no mistake.
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : null;
  return new TextDecoder(utf16 ?? "utf-8").decode(bytes, { stream: true });
}
