/** One upload in progress. */
import { memo } from "hono/jsx/dom";
import { ProgressBar } from "../../controls/progress_bar.tsx";
import { TypeMark } from "../../files/type_mark.tsx";
import { Owner } from "../parts/owner.tsx";
import { When } from "../parts/when.tsx";
import type { SeenUpload } from "../state/uploads.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface UploadRowProps {
  upload: SeenUpload;
  cancel: (upload: SeenUpload) => void;
}

/** Drawn again only when it has gone on. */
export const UploadRow = memo(Row);

function Row({ upload, cancel }: UploadRowProps) {
  const { a, format } = useAdminWords();
  const { fileName, contentType, size, receivedBytes, status, ownerId, active, speed, concatenation } =
    upload;
  const { uploads: m } = a.lists;
  const part = size === null ? 0 : size === 0 ? 1 : receivedBytes / size;
  const progress = size === null
    ? m.unsized(format.bytes(receivedBytes))
    : m.progress(format.percent(part), format.bytes(receivedBytes), format.bytes(size));
  return (
    <li class="row upload" data-id={upload.id}>
      <TypeMark name={fileName} contentType={contentType} />
      <div class="middle">
        <p class="line">
          <span class="name clip" title={fileName}>{fileName}</span>
          <Owner id={ownerId} section="uploads" />
          {concatenation === "partial" && <span class="badge">{m.part}</span>}
        </p>
        <ProgressBar
          label={fileName}
          safe={part}
          text={progress}
          state={active ? undefined : status === "completing" ? "busy" : "held"}
        />
        <p class="meta soft small figures">
          {active && <span class="state-mark running">{m.active}</span>}
          {status === "completing" && <span class="state-mark running">{m.completing}</span>}
          <span>{progress}</span>
          {speed !== null && <span>{m.speed(format.bytes(speed))}</span>}
          {!active && <When iso={upload.lastProgressAt} say={m.silent} />}
          <When iso={upload.createdAt} say={m.begun} />
          {!active && <When iso={upload.expiresAt} say={m.until} />}
        </p>
      </div>
      <button
        type="button"
        class="button slim"
        aria-label={m.cancelNamed(fileName)}
        onClick={() => cancel(upload)}
      >
        {m.cancel}
      </button>
    </li>
  );
}
