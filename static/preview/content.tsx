/** The content of a file, shown by what cannot run it. */
import { useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { TypeMark } from "../files/type_mark.tsx";
import { useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { previewKind } from "./preview_kind.ts";
import { TextContent } from "./text_content.tsx";

export function Content({ attachment }: { attachment: Attachment }) {
  const { pawl } = useFrame();
  const { m } = useWords();
  const [broken, setBroken] = useState(false);
  const { fileName, variants } = attachment;
  const kind = previewKind(attachment, { pdf: navigator.pdfViewerEnabled });
  const url = pawl.attachments.contentUrl(attachment);
  if (broken) return <Nothing attachment={attachment} title={m.preview.broken} text={m.preview.brokenText} />;
  const onError = () => setBroken(true);
  switch (kind) {
    case "picture":
      return <Picture src={variants?.large?.url ?? url} alt={m.preview.label(fileName)} onError={onError} />;
    case "video":
      return (
        <video src={url} controls playsinline preload="metadata" aria-label={fileName} onError={onError} />
      );
    case "audio":
      return (
        <div class="sound">
          <TypeMark name={fileName} contentType={attachment.contentType} />
          <audio src={url} controls preload="metadata" aria-label={fileName} onError={onError} />
        </div>
      );
    case "pdf":
      return (
        <iframe src={`${url}?preview=1`} title={m.preview.frame(fileName)} referrerpolicy="no-referrer" />
      );
    case "text":
      return <TextContent attachment={attachment} url={url} onError={onError} />;
    default:
      return <Nothing attachment={attachment} title={m.preview.none} text={m.preview.noneText} />;
  }
}

/** Until it is there, a word in its place. */
function Picture(picture: { src: string; alt: string; onError: () => void }) {
  const { m } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <>
      {!shown && <p class="soft" role="status">{m.loading}</p>}
      <img class="picture" {...picture} hidden={!shown} onLoad={() => setShown(true)} />
    </>
  );
}

function Nothing({ attachment, title, text }: { attachment: Attachment; title: string; text: string }) {
  return (
    <div class="placard">
      <TypeMark name={attachment.fileName} contentType={attachment.contentType} />
      <p class="title">{title}</p>
      <p class="soft small">{text}</p>
    </div>
  );
}
