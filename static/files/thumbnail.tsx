/** A file's small picture, or the mark of its type. */
import { useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { TypeMark } from "./type_mark.tsx";

export function Thumbnail({ attachment }: { attachment: Attachment }) {
  const { fileName, contentType, variants } = attachment;
  const url = variants?.thumbnail?.url;
  const [broken, setBroken] = useState("");
  if (url === undefined || broken === url) return <TypeMark name={fileName} contentType={contentType} />;
  return (
    <img
      class="mark"
      src={url}
      alt=""
      width={44}
      height={44}
      loading="lazy"
      decoding="async"
      onError={() => setBroken(url)}
    />
  );
}
